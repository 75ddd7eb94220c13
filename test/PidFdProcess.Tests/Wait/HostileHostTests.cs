using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Wait;

/// <summary>Waits in programs that block their thread pool, adopt orphans or close descriptors that are not theirs.</summary>
[TestClass]
public sealed class HostileHostTests
{
    [TestMethod]
    public async Task Waits_WhenThePoolIsBlocked_EndNoLaterThanTheStockWait()
    {
        DummyAnswers answers = await DummyAnswers.OfAsync("starved-pool");
        string[] waits =
        [
            "WaitForExitAsync", "WaitForExitStatusAsync", "WaitForExitOrKillAsync", "WhenAnyExit", "WaitForExitOrKillAsync of a tree", "StopAsync",
            "StopAsync of a tree", "StopAsync of a scope", "StopAsync of a stubborn child",
        ];
        answers.Expect(
        [
            ("stock", "True"),
            .. waits.Select(static wait => (wait, "True")),
            .. waits.Select(static wait => ($"{wait} is later than stock", "False")),
            ("the pool is still blocked", "True"),
        ]);
    }

    [TestMethod]
    public async Task AnAdoptedOrphan_IsNotWaitedForAsAChild()
    {
        DummyAnswers answers = await DummyAnswers.OfAsync("adopted-orphans");
        answers.Expect(
            ("HasExited", "True, promptly"),
            ("WaitForExit(1 s)", "True, promptly"),
            ("WaitForExit", "ended, promptly"),
            ("WaitForExitAsync", "True, promptly"),
            ("WaitForExitStatus", "killed by SIGKILL, promptly"));
    }

    [TestMethod]
    public async Task APidFdThatOtherCodeClosed_ReportsNoExit()
    {
        DummyAnswers answers = await DummyAnswers.OfAsync("closed-descriptor");
        string[] calls = ["HasExited", "WaitForExit(0)", "WaitForExit(10 ms)", "TryWaitForExitStatus"];
        answers.Expect(
        [
            .. calls.Select(static call => ($"closed: {call}", "False")),
            .. calls.Select(static call => ($"reused: {call}", "False")),
            ("closed: Kill", "Win32Exception"),
            ("reused: Kill", "Win32Exception"),
            ("the child", "runs"),
            ("the other file", "is open"),
        ]);
    }
}
