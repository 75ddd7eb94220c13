using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Stop;

/// <summary>A program that can start no thread, because its limit of processes is used up.</summary>
[TestClass]
public sealed class NoMoreThreadsTests
{
    [TestMethod]
    public async Task StopsAndWaits_WithoutAnotherThread_DoWhatTheyPromise()
    {
        DummyAnswers answers = await DummyAnswers.OfAsync("no-more-threads");
        answers.InconclusiveIf("no cgroup");
        answers.Expect(
            ("a thread can be started", "False"),
            ("the wait for a zombie ends", "True"),
            ("a wait is cancelled", "True"),
            ("a timer has a thread", "False"),
            ("a stubborn process is stopped", "killed by SIGKILL (canceled)"),
            ("a stubborn process is killed on timeout", "killed by SIGKILL (canceled)"),
            ("a wait for streams ends", "False"),
            ("a wait for a tree is cancelled", "TaskCanceledException"),
            ("a tree is stopped", "True"),
            ("a tree is killed", "True"),
            ("a scope is stopped", "True"));
    }

    [TestMethod]
    public async Task ADisposal_WhileThePoolHasNoThread_EndsEachWait()
    {
        DummyAnswers answers = await DummyAnswers.OfAsync("empty-pool");
        answers.InconclusiveIf("no cgroup");
        answers.Expect(
            ("a thread can be started", "False"),
            ("threads of the pool", "0"),
            ("the waits have ended", "True"),
            ("the awaiting code goes on", "True"));
    }
}
