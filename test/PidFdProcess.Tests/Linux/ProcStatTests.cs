using System.Diagnostics;
using System.Text;
using PidFdProcess.Linux;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Linux;

[TestClass]
public sealed class ProcStatTests
{
    private const string Tail =
        " 77 100 100 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 3 0 1000 2000 3000 18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 ";

    [TestMethod]
    public void Read_ManyTimes_LeavesNoDescriptorOpen()
    {
        const int Reads = 2000;
        int before = TestProcesses.OpenDescriptors();
        for (int i = 0; i < Reads; i++)
        {
            Assert.AreEqual((Errno)0, LinuxKernel.Instance.ReadProcStat(Environment.ProcessId, out _));
        }

        // Other tests open and close some at the same time.
        Assert.IsLessThan(before + (Reads / 2), TestProcesses.OpenDescriptors());
    }

    [TestMethod]
    [DataRow("sleep")]
    [DataRow("a b")]
    [DataRow("a) Z 1 (b")]
    [DataRow(")")]
    [DataRow("((")]
    [DataRow("")]
    [DataRow(") R 1 2 3")]
    [DataRow("new\nline")]
    public void TryParse_OfAnyProcessName_ReadsTheFieldsAfterIt(string name)
    {
        Assert.IsTrue(ProcStat.TryParse(Encoding.UTF8.GetBytes($"4711 ({name}) Z{Tail}768\n"), out ProcStat stat));
        Assert.AreEqual('Z', stat.State);
        Assert.AreEqual(77, stat.ParentId);
        Assert.AreEqual(3, stat.Threads);
        Assert.AreEqual(3, stat.ExitCode!.Value.ExitCode);
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("4711")]
    [DataRow("4711 (sh")]
    [DataRow("4711 (sh)")]
    [DataRow("4711 (sh) ")]
    [DataRow("4711 (sh) \n")]
    [DataRow("4711 (sh) Z")]
    [DataRow("4711 (sh) Z 1 2 3\n")]
    [DataRow("4711 (sh) Z" + Tail + "\n")]
    public void TryParse_OfOtherText_Fails(string text) => Assert.IsFalse(ProcStat.TryParse(Encoding.UTF8.GetBytes(text), out _));

    [TestMethod]
    [DataRow(4)]
    [DataRow(5)]
    [DataRow(6)]
    [DataRow(20)]
    [DataRow(22)]
    [DataRow(52)]
    public void TryParse_OfAFieldThatIsNoNumber_Fails(int field)
    {
        string[] fields = $"4711 (sh) Z{Tail}768".Split(' ');
        Assert.IsTrue(ProcStat.TryParse(Encoding.UTF8.GetBytes(string.Join(' ', fields)), out _));
        fields[field - 1] = "x";
        Assert.IsFalse(ProcStat.TryParse(Encoding.UTF8.GetBytes(string.Join(' ', fields)), out _));
    }

    [TestMethod]
    [DataRow('S', 22, true, DisplayName = "A text that ends within the start time")]
    [DataRow('S', 23, false)]
    [DataRow('Z', 51, true)]
    [DataRow('Z', 52, false)]
    public void TryParse_OfATextThatEndsEarly_FailsIfItLacksAField(char state, int fields, bool fails)
    {
        string text = string.Join(' ', $"4711 (sh) {state}{Tail}768".Split(' ').Take(fields));
        Assert.AreEqual(!fails, ProcStat.TryParse(Encoding.UTF8.GetBytes(text), out ProcStat stat));
        Assert.AreEqual(fails || state != 'Z' ? null : 3, stat.ExitCode?.ExitCode);
    }

    [TestMethod]
    [DataRow('Z', true, false)]
    [DataRow('X', true, false)]
    [DataRow('x', true, false)]
    [DataRow('T', false, true)]
    [DataRow('t', false, true)]
    [DataRow('R', false, false)]
    [DataRow('S', false, false)]
    [DataRow('D', false, false)]
    public void TryParse_OfEachState_TellsZombieAndStopped(char state, bool zombie, bool stopped)
    {
        Assert.IsTrue(ProcStat.TryParse(Encoding.UTF8.GetBytes($"4711 (sh) {state}{Tail}0\n"), out ProcStat stat));
        Assert.AreEqual(zombie, stat.IsZombie);
        Assert.AreEqual(stopped, stat.IsStopped);
    }

    [TestMethod]
    [DataRow("a) Z 1 (")]
    [DataRow("x y (z)")]
    public void ReadProcStat_OfAProcessWithAnOddName_ReadsItsFields(string name)
    {
        string directory = Directory.CreateTempSubdirectory("name").FullName;
        try
        {
            string copy = Path.Combine(directory, name);
            File.CreateSymbolicLink(copy, File.ResolveLinkTarget("/bin/sh", returnFinalTarget: true)?.FullName ?? "/bin/sh");
            using Process child = Process.Start(new ProcessStartInfo(copy, ["-c", "read x"]) { RedirectStandardInput = true })!;
            TestProcesses.WaitUntil(() => File.ReadAllText($"/proc/{child.Id}/comm") == name + "\n", "it has the name");
            Assert.AreEqual((Errno)0, LinuxKernel.Instance.ReadProcStat(child.Id, out ProcStat stat));
            Assert.AreEqual(Environment.ProcessId, stat.ParentId);
            Assert.AreEqual(1, stat.Threads);
            Assert.IsFalse(stat.IsZombie);
            child.Kill();
            child.WaitForExit();
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [TestMethod]
    public void ReadProcStat_WithoutAProcess_IsENOENT() =>
        Assert.AreEqual(Errno.ENOENT, LinuxKernel.Instance.ReadProcStat(int.MaxValue, out _));

    [TestMethod]
    public void ReadProcStat_OfThisProcess_CountsItsThreads()
    {
        Assert.AreEqual((Errno)0, LinuxKernel.Instance.ReadProcStat(Environment.ProcessId, out ProcStat stat));
        Assert.IsGreaterThan(1, stat.Threads);
    }
}
