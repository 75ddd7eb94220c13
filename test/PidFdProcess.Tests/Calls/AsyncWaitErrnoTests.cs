using System.Diagnostics;
using PidFdProcess.Handles;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Calls;

[TestClass]
public sealed class AsyncWaitErrnoTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    [TestMethod]
    [DataRow(KernelCall.EpollCreate, Errno.EMFILE)]
    [DataRow(KernelCall.EpollCreate, Errno.ENFILE)]
    [DataRow(KernelCall.EpollCreate, Errno.ENOMEM)]
    [DataRow(KernelCall.EpollAdd, Errno.ENOSPC)]
    [DataRow(KernelCall.EpollAdd, Errno.ENOMEM)]
    internal async Task AResourceErrno_LetsTheRuntimeServeThatWait_AndKeepsThePidFd(KernelCall call, Errno error)
    {
        using MockedChild child = new();
        ProcessAttachment attachment = child.Registry.Attach(child.Process);
        child.Kernel.Fail(call, error, times: 1);
        Task byStock = child.Registry.WaitForExitAsync(child.Process);
        Assert.AreEqual(ProcessRoute.PidFd, attachment.Route);
        Assert.StartsWith($"attached. The runtime served the last call: {NameOf(call)}: {error} (", attachment.Reason);
        Assert.AreEqual(0, child.Kernel.Platform.EventLoop.Count);

        Task byPidFd = child.Registry.WaitForExitAsync(child.Process);
        Assert.AreEqual(1, child.Kernel.Platform.EventLoop.Count);
        Assert.AreSame(attachment, child.Registry.Attach(child.Process));

        child.Registry.Kill(child.Process);
        await byStock.WaitAsync(s_limit);
        await byPidFd.WaitAsync(s_limit);
        Assert.AreEqual(137, child.Process.ExitCode);
        child.AssertNothingStaysOpen();
    }

    [TestMethod]
    [DataRow(KernelCall.EpollCreate, Errno.ENOSYS)]
    [DataRow(KernelCall.EpollAdd, Errno.EPERM)]
    [DataRow(KernelCall.Poll, Errno.ENOSYS)]
    internal async Task AnUnusableCall_LetsTheRuntimeServeTheWait_AndKeepsThePidFd(KernelCall call, Errno error)
    {
        using MockedChild child = new();
        child.Registry.Attach(child.Process);
        child.Kernel.Fail(call, error);
        Task exit = child.Registry.WaitForExitAsync(child.Process);
        ProcessAttachment attachment = child.Registry.Attach(child.Process);
        Assert.AreEqual(ProcessRoute.PidFd, attachment.Route);
        Assert.StartsWith($"attached. The runtime served the last call: {NameOf(call)}: {error} (", attachment.Reason);
        child.Registry.Kill(child.Process);
        await exit.WaitAsync(s_limit);
        Assert.AreEqual(137, child.Process.ExitCode);
    }

    [TestMethod]
    public async Task AnInterruptedEpollWait_IsRepeated()
    {
        using MockedChild child = new();
        int before = child.Kernel.Calls(KernelCall.EpollWait);
        child.Kernel.Fail(KernelCall.EpollWait, Errno.EINTR, times: 3);
        Task exit = child.Registry.WaitForExitAsync(child.Process);
        TestProcesses.WaitUntil(() => child.Kernel.Calls(KernelCall.EpollWait) == before + 4, "the event loop waits for the fourth time");
        Assert.IsFalse(exit.IsCompleted);
        child.Registry.Kill(child.Process);
        await exit.WaitAsync(s_limit);
        Assert.AreEqual(2, child.Kernel.Calls(KernelCall.EpollCreate), "One of the probe, one of the event loop.");
        Assert.AreEqual(ProcessRoute.Stock, child.Registry.Attach(child.Process).Route);
        child.AssertNothingStaysOpen();
    }

    [TestMethod]
    public async Task AFailedEpollWait_LosesNoPendingWait_AndTheNextWaitStartsAnotherLoop()
    {
        using MockedChild child = new();
        using Process other = TestProcesses.StartSleeper();
        Task[] pending =
        [
            child.Registry.WaitForExitAsync(child.Process),
            child.Registry.WaitForExitAsync(child.Process),
            child.Registry.WaitForExitAsync(other),
        ];
        child.Kernel.BreakEventLoop(Errno.EBADF);
        TestProcesses.WaitUntil(() => child.Kernel.Platform.EventLoop.Count == 0, "the event loop has passed on its waits");
        Assert.IsFalse(pending.Any(t => t.IsCompleted), "The processes are running.");

        Task next = child.Registry.WaitForExitAsync(child.Process);
        Assert.AreEqual(1, child.Kernel.Platform.EventLoop.Count);
        Assert.AreEqual(3, child.Kernel.Calls(KernelCall.EpollCreate), "One of the probe, two of event loops.");

        child.Registry.Kill(child.Process);
        child.Registry.Kill(other);
        await Task.WhenAll([.. pending, next]).WaitAsync(s_limit);
        Assert.AreEqual((137, 137), (child.Process.ExitCode, other.ExitCode));
        Assert.AreEqual(0, child.Kernel.Platform.EventLoop.Count);
        child.AssertNothingStaysOpen();
    }

    [TestMethod]
    public async Task AFailedEpollWait_LosesNoneOfManyWaitsForOneProcess()
    {
        using MockedChild child = new();
        List<Task> pending = [];
        for (int round = 0; round < 300; round++)
        {
            for (int i = 0; i < 4; i++)
            {
                pending.Add(child.Registry.WaitForExitAsync(child.Process));
            }

            child.Kernel.BreakEventLoop(Errno.EBADF);
            TestProcesses.WaitUntil(() => child.Kernel.Platform.EventLoop.Count == 0, "the event loop has passed on its waits");
        }

        child.Registry.Kill(child.Process);
        await Task.WhenAll(pending).WaitAsync(s_limit);
        child.AssertNothingStaysOpen();
    }

    [TestMethod]
    public async Task AWaitThatGoesOnByPolls_CanStillBeCancelled_AndLeavesEventsOn()
    {
        using MockedChild child = new();
        using CancellationTokenSource cancellation = new();
        Task pending = child.Registry.WaitForExitAsync(child.Process, cancellation.Token);
        int polls = child.Kernel.Calls(KernelCall.Poll);
        child.Kernel.BreakEventLoop(Errno.EBADF);
        TestProcesses.WaitUntil(() => child.Kernel.Calls(KernelCall.Poll) > polls, "the wait goes on by polls");
        await cancellation.CancelAsync();
        OperationCanceledException canceled = await Assert.ThrowsAsync<OperationCanceledException>(() => pending.WaitAsync(s_limit));
        Assert.AreEqual(cancellation.Token, canceled.CancellationToken);
        Assert.IsTrue(child.Process.EnableRaisingEvents, "A cancelled stock wait leaves events on.");
        child.AssertNothingStaysOpen();
    }

    [TestMethod]
    public async Task AFailedRemoval_LeavesARegistrationThatTheNextWaitTakesOver()
    {
        using MockedChild child = new();
        using CancellationTokenSource cancellation = new();
        child.Kernel.Fail(KernelCall.EpollRemove, Errno.ENOMEM, times: 1);
        Task canceled = child.Registry.WaitForExitAsync(child.Process, cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => canceled.WaitAsync(s_limit));

        Task next = child.Registry.WaitForExitAsync(child.Process);
        Assert.AreEqual(ProcessRoute.PidFd, child.Registry.Attach(child.Process).Route);
        Assert.AreEqual(1, child.Kernel.Platform.EventLoop.Count);
        child.Registry.Kill(child.Process);
        await next.WaitAsync(s_limit);
        Assert.AreEqual(137, child.Process.ExitCode);
        child.AssertNothingStaysOpen();
    }

    [TestMethod]
    public async Task AContinuation_RunsOnTheThreadPool()
    {
        using MockedChild child = new();
        Task<(bool, string?)> observed = child.Registry.WaitForExitAsync(child.Process).ContinueWith(
            _ => (Thread.CurrentThread.IsThreadPoolThread, Thread.CurrentThread.Name),
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        child.Registry.Kill(child.Process);
        (bool isPool, string? name) = await observed.WaitAsync(s_limit);
        Assert.IsTrue(isPool);
        Assert.AreNotEqual(ExitEventLoop.ThreadName, name);
    }

    [TestMethod]
    public async Task ASlowContinuation_DelaysNoOtherExit()
    {
        using MockedChild child = new();
        using Process other = TestProcesses.StartSleeper();
        using ManualResetEventSlim release = new();
        Task slow = child.Registry.WaitForExitAsync(child.Process).ContinueWith(
            _ => Assert.IsTrue(release.Wait(s_limit)),
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        Task exit = child.Registry.WaitForExitAsync(other);
        child.Registry.Kill(child.Process);
        child.Registry.Kill(other);
        await exit.WaitAsync(s_limit);
        Assert.IsFalse(slow.IsCompleted);
        release.Set();
        await slow.WaitAsync(s_limit);
    }

    [TestMethod]
    public async Task DisposingTheRegistry_EndsPendingWaits_AndClosesEveryPidFd()
    {
        using MockedChild child = new();
        using Process other = TestProcesses.StartSleeper();
        Task[] pending = [child.Registry.WaitForExitAsync(child.Process), child.Registry.WaitForExitAsync(other)];
        child.AssertNothingStaysOpen();
        foreach (Task task in pending)
        {
            await Assert.ThrowsExactlyAsync<ObjectDisposedException>(() => task.WaitAsync(s_limit));
        }

        Assert.AreEqual(0, child.Kernel.Platform.EventLoop.Count);
        other.Kill();
        other.WaitForExit();
    }

    private static string NameOf(KernelCall call) => call switch
    {
        KernelCall.EpollCreate => "epoll_create1",
        KernelCall.EpollAdd => "epoll_ctl",
        _ => "poll",
    };
}
