using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Wait;

/// <summary>A host whose native code has replaced the handler of SIGCHLD, so that the runtime reaps no child.</summary>
[TestClass]
public sealed class LostSigChldTests
{
    private const string Canceled = "OperationCanceledException";
    private const string Killed = "killed by SIGKILL";

    [TestMethod]
    public async Task EachCall_WhenTheRuntimeReapsNothing_KeepsItsLimit()
    {
        DummyAnswers answers = await DummyAnswers.OfAsync("lost-sigchld");
        answers.Expect(
            ("HasExited", "False"),
            ("WaitForExit(0)", "False"),
            ("WaitForExit(500 ms)", "False"),
            ("WaitForExitAsync with a token", Canceled),
            ("WaitForExitOnlyAsync with a token", Canceled),
            ("WaitForExitAsync, registry disposed after the exit", "ObjectDisposedException"),
            ("WaitForExitStatus", Killed),
            ("WaitForExitStatusAsync", Killed),
            ("TryWaitForExitStatus", Killed),
            ("WaitForExitOrKill", Killed),
            ("WaitForExitOrKillAsync", Killed),
            ("WaitForExitOrKillAsync with a token", Killed),
            ("Stop", Killed),
            ("StopAsync", Killed),
            ("Stop of the tree", Killed),
            ("StopAsync of the tree", Killed),
            ("Kill of the tree", "ended"),
            ("WhenAnyExit", "True"),
            ("WaitForExit", "ended"),
            ("WaitForExitOnly", "ended"),
            ("WaitForExitAsync", "ended"),
            ("WaitForExitAsync, begun before the exit", "ended"),
            ("cancelled waits", Canceled),
            ("pool threads in use", "0"),
            ("each late wait is told", "True"),
            ("a wait while a listener to the event blocks", Killed));
    }
}
