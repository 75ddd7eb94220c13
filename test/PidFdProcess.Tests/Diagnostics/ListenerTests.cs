using System.Diagnostics;
using PidFdProcess.Handles;
using PidFdProcess.Linux;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Diagnostics;

/// <summary>A listener of the meter or of the events is code of the app. What it does fails no call that it is told of, and no other one.</summary>
[TestClass]
public sealed class ListenerTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task AListenerThatThrows_FailsNoCall(bool inline)
    {
        using ProcessHandleRegistry registry = TestRegistry.On(new PidFdPlatform(LinuxKernel.Instance, inline));
        using Process first = TestProcesses.StartSleeper();
        using Process second = TestProcesses.StartSleeper();
        Task firstWait = registry.WaitForExitAsync(first);
        Task secondWait = registry.WaitForExitAsync(second);
        using (ExitListener.Once(static () => throw new NotSupportedException("of the listener")))
        {
            registry.Kill(first);
            await firstWait.WaitAsync(s_limit);
        }

        registry.Kill(second);
        await secondWait.WaitAsync(s_limit);
    }

    [TestMethod]
    public async Task AListenerThatBlocks_WhenTheFirstEventOfALateReapMakesTheEventSource_DelaysNoWait()
    {
        DummyAnswers answers = await DummyAnswers.OfAsync("blocking-listener");
        answers.Expect(
            ("the listener is called", "True"),
            ("another wait", "killed by SIGKILL"),
            ("the late wait", "True"),
            ("the listener is called on a thread of the pool", "True"));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task AListenerThatCancelsItsWait_EndsThatWaitAlone(bool inline)
    {
        using ProcessHandleRegistry registry = TestRegistry.On(new PidFdPlatform(LinuxKernel.Instance, inline));
        using Process first = TestProcesses.StartSleeper();
        using Process second = TestProcesses.StartSleeper();
        using CancellationTokenSource source = new();

        // The other process has the first slot of the event loop.
        Task secondWait = registry.WaitForExitAsync(second);
        Task firstWait = registry.WaitForExitAsync(first, source.Token);
        using (ExitListener.Once(source.Cancel))
        {
            registry.Kill(first);
            await firstWait.WaitAsync(s_limit).ContinueWith(static _ => { }, TaskScheduler.Default);
            Assert.IsTrue(firstWait.IsCompletedSuccessfully || firstWait.IsCanceled, "Either may end the wait.");
        }

        Assert.IsFalse(secondWait.IsCompleted);
        registry.Kill(second);
        await secondWait.WaitAsync(s_limit);
    }
}
