using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using Moq;
using PidFdProcess.Linux;
using PidFdProcess.Tests.Support;
using PidFdProcess.Tests.Wait;

namespace PidFdProcess.Tests.Calls;

// The event loop fails while a call on another thread is about to use its epoll descriptor.
[TestClass]
public sealed class EventLoopFailureTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    [TestMethod]
    public async Task AnEventLoopFailure_DuringTheStartOfAWait_LosesNoWait()
    {
        using MockedChild child = new();
        using Process other = TestProcesses.StartSleeper();
        bool broken = false;
        child.Kernel.Mock.Setup(k => k.EpollAdd(It.IsAny<SafeFileHandle>(), It.IsAny<SafePidFdHandle>(), It.IsAny<ulong>()))
            .Returns((SafeFileHandle epoll, SafePidFdHandle pidFd, ulong token) =>
            {
                if (!broken)
                {
                    broken = true;
                    child.Kernel.BreakEventLoop(Errno.EBADF);
                }

                return LinuxKernel.Instance.EpollAdd(epoll, pidFd, token);
            });

        Task first = child.Registry.WaitForExitAsync(child.Process);
        ProcessAttachment attachment = child.Registry.Attach(child.Process);
        Assert.AreEqual(ProcessRoute.PidFd, attachment.Route);
        Assert.Contains("epoll_ctl: the event loop ended", attachment.Reason);
        Task second = child.Registry.WaitForExitAsync(other);
        Assert.AreEqual(1, child.Kernel.Platform.EventLoop.Count, "The second wait has a new event loop.");

        child.Registry.Kill(child.Process);
        child.Registry.Kill(other);
        await first.WaitAsync(s_limit);
        await second.WaitAsync(s_limit);
        Assert.AreEqual((137, 137), (child.Process.ExitCode, other.ExitCode));
        child.AssertNothingStaysOpen();
    }

    [TestMethod]
    public async Task AnEventLoopFailure_BetweenTheExitAndTheReap_LosesNoWait()
    {
        using KernelMock kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        using Process child = TracedChildTests.StartTraced(out Process tracer);
        using Process disposed = tracer;
        Task wait = registry.WaitForExitAsync(child);
        await child.StandardInput.WriteLineAsync();
        TestProcesses.WaitUntil(() => kernel.Platform.EventLoop.Count == 0, "the loop has seen the exit");
        kernel.BreakEventLoop(Errno.EBADF);
        Assert.IsFalse(wait.IsCompleted);
        await tracer.StandardInput.WriteLineAsync();
        await wait.WaitAsync(s_limit);
        Assert.AreEqual(3, child.ExitCode);
    }

    [TestMethod]
    [DataRow(Errno.EBADF)]
    [DataRow(Errno.EINVAL)]
    [DataRow(Errno.ENOMEM)]
    internal async Task AnEventLoopFailure_DuringTheWaitForATree_EndsNoWaitTooEarly(Errno error)
    {
        using MockedChild child = new();
        Task wait = child.Registry.WaitForTreeExitAsync(child.Process);
        TestProcesses.WaitUntil(() => child.Kernel.Calls(KernelCall.EpollAdd) > 0, "the process is watched");
        child.Kernel.BreakEventLoop(error);
        Assert.IsFalse(wait.IsCompleted);
        child.Registry.Kill(child.Process);
        await wait.WaitAsync(s_limit);
        Assert.AreEqual(137, child.Process.ExitCode);
    }

    [TestMethod]
    public async Task AnEventLoopFailure_DuringACancellation_LetsTheCancellationSucceed()
    {
        using MockedChild child = new();
        using CancellationTokenSource cancellation = new();
        child.Kernel.Mock.Setup(k => k.EpollRemove(It.IsAny<SafeFileHandle>(), It.IsAny<SafePidFdHandle>()))
            .Returns((SafeFileHandle epoll, SafePidFdHandle pidFd) =>
            {
                child.Kernel.BreakEventLoop(Errno.EBADF);
                return LinuxKernel.Instance.EpollRemove(epoll, pidFd);
            });

        Task pending = child.Registry.WaitForExitAsync(child.Process, cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => pending.WaitAsync(s_limit));
        Assert.AreEqual(0, child.Kernel.Platform.EventLoop.Count);
        child.AssertNothingStaysOpen();
    }
}
