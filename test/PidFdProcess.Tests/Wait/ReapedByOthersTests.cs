using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Wait;

/// <summary>Children that native code of the host, or the kernel for it, has reaped, so that the runtime never learns of their exits.</summary>
[TestClass]
public sealed class ReapedByOthersTests
{
    private static readonly string[] s_ends =
        ["WaitForExit", "WaitForExitOnly", "WaitForExitAsync", "WaitForExitOnlyAsync", "Kill", "Kill of the tree"];

    private static readonly string[] s_true =
        ["HasExited", "WaitForExit(0)", "WaitForExit(1 s)", "WaitForExitAndOutputAsync", "WhenAnyExit"];

    private static readonly string[] s_statuses =
    [
        "WaitForExitStatus",
        "WaitForExitStatusAsync",
        "TryWaitForExitStatus(0)",
        "WaitForExitOrKill",
        "WaitForExitOrKillAsync",
        "Stop",
        "StopAsync",
        "StopAsync of the tree",
    ];

    private static readonly string[] s_kills =
    [
        "Kill", "Kill of an exit that was seen", "Kill, attached after the reap", "Kill of the tree", "a late Stop",
        "a late Stop, attached after the reap",
    ];

    [TestMethod]
    [DataRow("ignore")]
    [DataRow("waitpid")]
    public async Task EachCall_AfterOtherCodeReaped_EndsWithTheExit_AndSparesTheStranger(string how)
    {
        DummyAnswers answers = await DummyAnswers.OfAsync("reaped-by-others", how);

        string status = ReapedStatus.IsKept ? "exited 7" : "exited, status unknown";
        answers.Expect(
            ("a pending WaitForExitAsync", "True"),
            ("a pending WaitForExitStatusAsync", status),
            ("a pending WaitForExit", "True"),
            ("Signal", "False"),
            ("Signal, attached after the reap", "False"));
        answers.Expect([.. Both(s_ends, "ended", "ended"), .. Both(s_true, "True", "True"), .. Both(s_statuses, status, "exited, status unknown")]);
        StringAssert.Contains(answers["route"], "Other code of this program has reaped it");

        answers.InconclusiveIf("cannot recycle PIDs");
        answers.Expect([.. s_kills.Select(static kill => ($"the stranger after {kill}", "lives"))]);
    }

    /// <summary>Takes some 10 s, because the runtime may note the reap of a child so late.</summary>
    [TestMethod]
    public async Task PidFds_OfChildrenThatOtherCodeReaped_AreClosed()
    {
        DummyAnswers answers = await DummyAnswers.OfAsync("unknown-exits", "waitpid");
        answers.Expect(
            ("the status", ReapedStatus.IsKept ? "exited 7" : "exited, status unknown"),
            ("pidfds", "4"),
            ("the pidfd after the status is closed", "True"),
            ("a sweep closes the others", "True"));
    }

    private static IEnumerable<(string Name, string Answer)> Both(string[] calls, string attached, string unattached) =>
        calls.SelectMany(call => new[] { (call, attached), ($"{call}, attached after the reap", unattached) });
}
