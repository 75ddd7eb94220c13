using Microsoft.Win32.SafeHandles;
using Moq;
using PidFdProcess.Handles;
using PidFdProcess.Linux;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Handles;

[TestClass]
public sealed class ExitEventLoopTests : IDisposable
{
    private readonly KernelMock _kernel = new();
    private readonly List<IDisposable> _children = [];
    private readonly List<ProcessHandle> _handles = [];
    private readonly List<ulong> _tokens = [];

    public ExitEventLoopTests()
    {
        _kernel.Mock.Setup(k => k.EpollAdd(It.IsAny<SafeFileHandle>(), It.IsAny<SafePidFdHandle>(), Capture.In(_tokens)))
            .Returns((SafeFileHandle epoll, SafePidFdHandle pidFd, ulong token) => LinuxKernel.Instance.EpollAdd(epoll, pidFd, token));
    }

    private ExitEventLoop Loop => _kernel.Platform.EventLoop;

    public void Dispose()
    {
        _kernel.Dispose();
        _handles.ForEach(h => h.CloseWhenUnused());
        _children.ForEach(c => c.Dispose());
    }

    [TestMethod]
    public async Task AnExit_EndsTheWait_OnABackgroundThreadWithAName()
    {
        ProcessHandle watch = Watch(out NativeChild child);
        CollectingWaiter waiter = Wait(watch);
        Assert.AreEqual(1, Loop.Count);
        child.Signal(9);

        Assert.AreEqual(WaitOutcome.Exited, await waiter.EndAsync());
        Assert.AreEqual(ExitEventLoop.ThreadName, waiter.EndedBy!.Name);
        Assert.IsTrue(waiter.EndedBy.IsBackground);
        Assert.IsFalse(waiter.EndedBy.IsThreadPoolThread);
        Assert.AreEqual(0, Loop.Count);
        Assert.AreEqual('Z', ProcessTable.StateOf(child.Id), "The event loop reaps nothing.");
    }

    [TestMethod]
    public async Task ManyProcesses_ShareOneThread()
    {
        const int Processes = 40;
        List<(NativeChild Child, CollectingWaiter Waiter)> all = [];
        for (int i = 0; i < Processes; i++)
        {
            ProcessHandle watch = Watch(out NativeChild child);
            all.Add((child, Wait(watch)));
        }

        Assert.AreEqual(Processes, Loop.Count);
        all.ForEach(a => a.Child.Signal(9));
        foreach ((_, CollectingWaiter waiter) in all)
        {
            Assert.AreEqual(WaitOutcome.Exited, await waiter.EndAsync());
            Assert.AreSame(all[0].Waiter.EndedBy, waiter.EndedBy);
        }

        Assert.AreEqual(0, Loop.Count);
        Assert.AreEqual(1, _kernel.Calls(KernelCall.EpollCreate));
    }

    [TestMethod]
    public async Task ManyWaiters_ShareOneRegistration()
    {
        ProcessHandle watch = Watch(out NativeChild child);
        CollectingWaiter[] waiters = [.. Enumerable.Range(0, 100).Select(_ => Wait(watch))];
        Assert.HasCount(1, _tokens);
        Assert.AreEqual(1, Loop.Count);

        child.Signal(9);
        foreach (CollectingWaiter waiter in waiters)
        {
            Assert.AreEqual(WaitOutcome.Exited, await waiter.EndAsync());
            Assert.AreEqual(1, waiter.Ends);
        }
    }

    [TestMethod]
    [DataRow(0, 1, 2)]
    [DataRow(2, 1, 0)]
    [DataRow(1, 0, 2)]
    [DataRow(1, 2, 0)]
    public void TheLastCancellation_TakesTheRegistrationWithIt(int first, int second, int third)
    {
        ProcessHandle watch = Watch(out _);
        CollectingWaiter[] waiters = [Wait(watch), Wait(watch), Wait(watch)];
        Cancel(watch, waiters[first]);
        Cancel(watch, waiters[second]);
        Assert.AreEqual(1, Loop.Count);
        Assert.AreEqual(0, _kernel.Calls(KernelCall.EpollRemove));
        Cancel(watch, waiters[third]);
        Cancel(watch, waiters[third]);
        Assert.AreEqual(0, Loop.Count);
        Assert.AreEqual(1, _kernel.Calls(KernelCall.EpollRemove));
        Assert.IsTrue(waiters.All(w => w.Outcome == WaitOutcome.Canceled && w.Ends == 1));
    }

    [TestMethod]
    public async Task ACancelledWaiter_DoesNotDisturbTheOthers()
    {
        ProcessHandle watch = Watch(out NativeChild child);
        CollectingWaiter[] waiters = [Wait(watch), Wait(watch), Wait(watch)];
        Cancel(watch, waiters[1]);
        child.Signal(9);
        Assert.AreEqual(WaitOutcome.Exited, await waiters[0].EndAsync());
        Assert.AreEqual(WaitOutcome.Canceled, waiters[1].Outcome);
        Assert.AreEqual(WaitOutcome.Exited, await waiters[2].EndAsync());
    }

    [TestMethod]
    public async Task AfterACancellation_TheProcessCanBeWatchedAgain()
    {
        ProcessHandle watch = Watch(out NativeChild child);
        Cancel(watch, Wait(watch));
        CollectingWaiter again = Wait(watch);
        child.Signal(9);
        Assert.AreEqual(WaitOutcome.Exited, await again.EndAsync());
    }

    [TestMethod]
    public void AWaiterThatWasCancelledBeforehand_IsNotAdded()
    {
        ProcessHandle watch = Watch(out _);
        CollectingWaiter waiter = new();
        waiter.Cancel();
        Assert.IsFalse(watch.Add(waiter).IsFailure);
        Assert.AreEqual(0, Loop.Count);
    }

    [TestMethod]
    public async Task AStaleToken_EndsNoWait_ThoughItsSlotIsInUseAgain()
    {
        ProcessHandle first = Watch(out _);
        Cancel(first, Wait(first));
        ProcessHandle second = Watch(out NativeChild child);
        CollectingWaiter waiter = Wait(second);
        Assert.AreEqual((uint)_tokens[0], (uint)_tokens[1], "The slot is used again.");
        Assert.AreNotEqual(_tokens[0], _tokens[1]);

        second.EndWithExit(_tokens[0], new LateWaits(LinuxKernel.Instance));
        Assert.IsTrue(waiter.IsPending);

        // The kernel reports the stale token, because the pidfd of an exited process is marked with it.
        using NativeChild exited = NativeChild.StartShell("exit 0");
        using SafePidFdHandle stale = exited.OpenPidFd();
        exited.WaitUntilZombie();
        TestProcesses.WaitUntil(() => _kernel.Calls(KernelCall.EpollWait) > 0, "the event loop waits");
        int waits = _kernel.Calls(KernelCall.EpollWait);
        Assert.AreEqual((Errno)0, LinuxKernel.Instance.EpollAdd(_kernel.Epolls.Single(), stale, _tokens[0]));
        TestProcesses.WaitUntil(() => _kernel.Calls(KernelCall.EpollWait) > waits, "the event loop has handled the token");
        Assert.IsTrue(waiter.IsPending);

        child.Signal(9);
        Assert.AreEqual(WaitOutcome.Exited, await waiter.EndAsync());
    }

    [TestMethod]
    public void SlotsAreReused_AndTokensAreNot()
    {
        for (int i = 0; i < 100; i++)
        {
            ProcessHandle watch = Watch(out _, i == 0);
            Cancel(watch, Wait(watch));
        }

        Assert.HasCount(100, _tokens.Distinct());
        Assert.HasCount(1, _tokens.Select(t => (uint)t).Distinct());
        Assert.DoesNotContain(0UL, _tokens);
    }

    [TestMethod]
    public void AClosedPidFd_IsNotWatched()
    {
        ProcessHandle watch = Watch(out _);
        watch.CloseWhenUnused();
        Assert.AreEqual("epoll_ctl: the pidfd is closed", watch.Add(new CollectingWaiter()).Describe());
        Assert.AreEqual(0, Loop.Count);
    }

    [TestMethod]
    public async Task APidFdThatIsClosedDuringAWait_StaysOpenUntilItsEnd()
    {
        ProcessHandle watch = Watch(out NativeChild child);
        CollectingWaiter waiter = Wait(watch);
        watch.CloseWhenUnused();
        Assert.IsFalse(watch.PidFd.IsClosed);
        child.Signal(9);
        Assert.AreEqual(WaitOutcome.Exited, await waiter.EndAsync());
        Assert.IsTrue(watch.PidFd.IsClosed);
    }

    [TestMethod]
    public async Task AWaitThatBecomesLate_WhileItsTableIsDisposed_EndsWithTheTable()
    {
        ProcessHandle watch = Watch(out NativeChild child);
        CollectingWaiter waiter = new() { ChecksLeft = int.MaxValue };
        waiter.Reported = () =>
        {
            Thread disposal = new(() => Loop.EndAll(watch.Owner));
            disposal.Start();
            disposal.Join();
        };
        Assert.IsFalse(watch.Add(waiter).IsFailure);
        child.Signal(9);
        Assert.AreEqual(WaitOutcome.Disposed, await waiter.EndAsync());
    }

    private ProcessHandle Watch(out NativeChild child, bool startNew = true)
    {
        if (startNew)
        {
            _children.Add(NativeChild.StartShell("exec sleep 1000"));
        }

        child = _children.OfType<NativeChild>().Last();
        SafePidFdHandle pidFd = child.OpenPidFd();
        ProcessHandle handle = new(child.Id, pidFd, default, new TestOwner(_kernel.Platform));
        _handles.Add(handle);
        return handle;
    }

    private static CollectingWaiter Wait(ProcessHandle watch)
    {
        CollectingWaiter waiter = new();
        Assert.IsFalse(watch.Add(waiter).IsFailure);
        return waiter;
    }

    private static void Cancel(ProcessHandle watch, CollectingWaiter waiter)
    {
        waiter.Cancel();
        watch.Remove(waiter);
    }
}
