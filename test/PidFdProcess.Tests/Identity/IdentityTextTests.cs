using System.Globalization;

namespace PidFdProcess.Tests.Identity;

[TestClass]
public sealed class IdentityTextTests
{
    private const string Boot = "9f2c0e5e-6c40-4c2b-9a3f-1d0d6a3b7a10";
    private static readonly Guid s_boot = Guid.Parse(Boot);

    [TestMethod]
    public void WithAPidFsId_TheTextHasItAndTheBoot()
    {
        ProcessIdentity identity = new(4711, 408701, 8123456, s_boot);
        Assert.AreEqual($"4711:408701@{Boot}", identity.ToString());
        Assert.AreEqual($"4711:408701@{Boot}", $"{identity}");
        Assert.AreEqual($"4711:408701@{Boot}", $"{identity:G}");
        Assert.AreEqual("4711:408701", identity.ToString("P", null));
        Assert.AreEqual("4711:408701", $"{identity:P}");
    }

    [TestMethod]
    public void WithoutAPidFsId_TheTextHasTheStartTicksAndTheBoot()
    {
        ProcessIdentity identity = new(4711, null, 8123456, s_boot);
        Assert.AreEqual($"4711:t8123456@{Boot}", identity.ToString());
        FormatException e = Assert.ThrowsExactly<FormatException>(() => identity.ToString("P", null));
        StringAssert.Contains(e.Message, "no pidfs id");
    }

    [TestMethod]
    public void AnIdentityThatNamesNoProcess_HasATextThatIsNotParsed()
    {
        Assert.AreEqual("0:?", default(ProcessIdentity).ToString());
        Assert.AreEqual("0:?", $"{default(ProcessIdentity):G}");
        Assert.AreEqual("4711:?", new ProcessIdentity(4711, null, 8123456, null).ToString());
        Assert.IsFalse(ProcessIdentity.TryParse("4711:?", out _));
    }

    [TestMethod]
    public void AFormatThatDoesNotExist_IsRefused()
    {
        FormatException e = Assert.ThrowsExactly<FormatException>(() => new ProcessIdentity(1, 2, 3, s_boot).ToString("X", null));
        StringAssert.Contains(e.Message, "'X'");
    }

    [TestMethod]
    public void WithoutAProvider_TheFormsAreTheSame()
    {
        ProcessIdentity identity = new(4711, 408701, null, s_boot);
        string[] texts = Array.ConvertAll(["G", "P"], new Converter<string, string>(identity.ToString));
        CollectionAssert.AreEqual(new[] { $"4711:408701@{Boot}", "4711:408701" }, texts);
        CollectionAssert.AreEqual(new[] { identity, identity with { BootId = null } }, Array.ConvertAll(texts, ProcessIdentity.Parse));
    }

    [TestMethod]
    public void EveryForm_IsParsedBack()
    {
        Assert.AreEqual(new ProcessIdentity(4711, 408701, null, s_boot), ProcessIdentity.Parse($"4711:408701@{Boot}", null));
        Assert.AreEqual(new ProcessIdentity(4711, null, 8123456, s_boot), ProcessIdentity.Parse($"4711:t8123456@{Boot}", null));
        Assert.AreEqual(new ProcessIdentity(4711, 408701, null, null), ProcessIdentity.Parse("4711:408701", null));
        Assert.AreEqual(
            new ProcessIdentity(int.MaxValue, ulong.MaxValue, null, s_boot), ProcessIdentity.Parse($"{int.MaxValue}:{ulong.MaxValue}@{Boot}", null));
        Assert.AreEqual(new ProcessIdentity(1, null, 0, s_boot), ProcessIdentity.Parse($" 1:t0@{Boot.ToUpperInvariant()}\n", null));
    }

    [TestMethod]
    [DataRow("", "it is empty")]
    [DataRow(" \n", "it is empty")]
    [DataRow("4711", "no ':'")]
    [DataRow(":408701", "no PID")]
    [DataRow("0:408701", "no PID")]
    [DataRow("-1:408701", "no PID")]
    [DataRow("+1:408701", "no PID")]
    [DataRow("1\0:408701", "no PID")]
    [DataRow("2147483648:408701", "no PID")]
    [DataRow("x:408701", "no PID")]
    [DataRow("4711:", "neither a pidfs id")]
    [DataRow("4711:x", "neither a pidfs id")]
    [DataRow("4711:0", "0 is no pidfs id")]
    [DataRow("4711: 1", "neither a pidfs id")]
    [DataRow("4711:18446744073709551616", "neither a pidfs id")]
    [DataRow("4711:T1@" + Boot, "neither a pidfs id")]
    [DataRow("4711:t@" + Boot, "neither a pidfs id")]
    [DataRow("4711:t8123456", "boot id")]
    [DataRow("4711:408701@", "boot id")]
    [DataRow("4711:408701@x", "boot id")]
    [DataRow("4711:408701@{9f2c0e5e-6c40-4c2b-9a3f-1d0d6a3b7a10}", "boot id")]
    [DataRow("4711:408701@9f2c0e5e6c404c2b9a3f1d0d6a3b7a10", "boot id")]
    [DataRow("4711:408701@+f2c0e5e-6c40-4c2b-9a3f-1d0d6a3b7a10", "boot id")]
    [DataRow("4711:408701@00000000-0000-0000-0000-000000000000", "boot id")]
    [DataRow("4711:408701@" + Boot + "@" + Boot, "boot id")]
    [DataRow("4711:408701:1@" + Boot, "neither a pidfs id")]
    public void ATextThatIsNoIdentity_IsRefusedWithTheReason(string text, string reason)
    {
        FormatException e = Assert.ThrowsExactly<FormatException>(() => ProcessIdentity.Parse(text, null));
        StringAssert.Contains(e.Message, reason);
        StringAssert.Contains(e.Message, $"'{text}'");
        Assert.IsFalse(ProcessIdentity.TryParse(text, out ProcessIdentity identity));
        Assert.AreEqual(default, identity);
    }

    [TestMethod]
    public void ANullText_IsNoIdentity()
    {
        Assert.ThrowsExactly<ArgumentNullException>(() => ProcessIdentity.Parse(null!, null));
        Assert.IsFalse(ProcessIdentity.TryParse(null, out _));
    }

    [TestMethod]
    public void AnEndlessText_IsShownShortened()
    {
        FormatException e = Assert.ThrowsExactly<FormatException>(() => ProcessIdentity.Parse(new string('x', 1_000_000), null));
        Assert.IsLessThan(300, e.Message.Length);
    }

    [TestMethod]
    public void ADestinationThatIsTooShort_IsNotWritten()
    {
        ProcessIdentity identity = new(4711, 408701, null, s_boot);
        int length = identity.ToString().Length;
        char[] exact = new char[length];
        Assert.IsTrue(identity.TryFormat(exact, out int written, "", null));
        Assert.AreEqual((length, identity.ToString()), (written, new string(exact)));
        for (int i = 0; i < length; i++)
        {
            Assert.IsFalse(identity.TryFormat(new char[i], out _, "", null));
        }
    }

    [TestMethod]
    public void TheCulture_ChangesNothing()
    {
        CultureInfo culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        culture.NumberFormat.NegativeSign = "t";
        culture.NumberFormat.NumberGroupSeparator = ":";
        ProcessIdentity identity = new(4711, 408701, null, s_boot);
        Assert.AreEqual(identity.ToString(), identity.ToString("G", culture));
        Assert.AreEqual(identity, ProcessIdentity.Parse(identity.ToString(), culture));
    }

    [TestMethod]
    public void Formatting_AllocatesNothingButTheString()
    {
        ProcessIdentity identity = new(4711, 408701, null, s_boot);
        char[] buffer = new char[100];
        string text = identity.ToString();
        long Measure(Action action)
        {
            for (int i = 0; i < 10; i++)
            {
                action();
            }

            long before = GC.GetAllocatedBytesForCurrentThread();
            action();
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.AreEqual(0, Measure(() => identity.TryFormat(buffer, out _, "", null)));
        long stringSize = Measure(() => _ = new string('x', text.Length));
        Assert.AreEqual(stringSize, Measure(() => _ = identity.ToString()));
    }

    [TestMethod]
    public void HundredThousandRandomTexts_AreIdentitiesOrRefused()
    {
        Random random = new(17);
        string[] seeds = [$"4711:408701@{Boot}", $"4711:t8123456@{Boot}", "4711:408701", $"{int.MaxValue}:{ulong.MaxValue}@{Boot}"];
        const string Alphabet = "0123456789abcdefABCDEFxXt:@-+ \0\n.,{}()٣½";
        int parsed = 0;
        for (int i = 0; i < 100_000; i++)
        {
            List<char> text = [.. seeds[random.Next(seeds.Length)]];
            for (int changes = random.Next(6); changes > 0; changes--)
            {
                int at = random.Next(text.Count + 1);
                switch (random.Next(4))
                {
                    case 0:
                        text.Insert(at, Alphabet[random.Next(Alphabet.Length)]);
                        break;
                    case 1 when at < text.Count:
                        text.RemoveAt(at);
                        break;
                    case 2 when at < text.Count:
                        text[at] = random.Next(2) == 0 ? Alphabet[random.Next(Alphabet.Length)] : (char)random.Next(char.MaxValue + 1);
                        break;
                    default:
                        text.RemoveRange(at, text.Count - at);
                        break;
                }
            }

            string s = new([.. text]);
            bool isIdentity = ProcessIdentity.TryParse(s, out ProcessIdentity identity);
            try
            {
                Assert.AreEqual(identity, ProcessIdentity.Parse(s, null));
                Assert.IsTrue(isIdentity, s);
                Assert.AreEqual(identity, ProcessIdentity.Parse(identity.ToString(), null), s);
                Assert.IsGreaterThan(0, identity.ProcessId, s);
                parsed++;
            }
            catch (FormatException)
            {
                Assert.IsFalse(isIdentity, s);
            }
        }

        Assert.IsGreaterThan(10_000, parsed);
        Assert.IsLessThan(90_000, parsed);
    }
}
