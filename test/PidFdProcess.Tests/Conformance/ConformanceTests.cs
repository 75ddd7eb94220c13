using PidFdProcess.Conformance;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Conformance;

/// <summary>
/// Runs the cases of test/Conformance, which say what the library promises, with pidfds and without. The same cases run as a program in the
/// environments of test/environments.
/// </summary>
[TestClass]
public sealed class ConformanceTests
{
    public static IEnumerable<object[]> Rows => Case.All.SelectMany(
        static each => (object[][])(each.Needs.HasFlag(Needs.PidFds) ? [[each.Name, false]] : [[each.Name, false], [each.Name, true]]));

    [ClassInitialize]
    public static void SetSecondProgram(TestContext _) => SecondProgram.Words = static () => DummyProgram.Start;

    [TestMethod]
    [DynamicData(nameof(Rows))]
    public async Task EachCase_WithAndWithoutPidFds_KeepsItsPromise(string name, bool stock)
    {
        Case promise = Case.All.Single(each => each.Name == name);
        int before = ResourceCounts.PidFdBaseline();
        try
        {
            Task Run() => promise.RunAsync(() => StockSwitch.CreateRegistry(stock));
            if (name == "signal-not-permitted" && Environment.IsPrivilegedProcess)
            {
                // Root may signal every process, so another user has to try.
                OtherUser.Run(() => Run().GetAwaiter().GetResult());
            }
            else
            {
                await Run();
            }
        }
        catch (SkipException e)
        {
            Assert.Inconclusive(e.Message);
        }

        ProcessHandleRegistry.Default.Dispose();
        ResourceCounts.WaitForPidFds(before);
    }
}
