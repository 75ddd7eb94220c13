using System.Diagnostics;
using Moq;
using PidFdProcess.Linux;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Calls;

[TestClass]
public sealed class WaitErrnoTests
{
    private readonly List<int> _asked = [];

    [TestMethod]
    public void AnInterruptedWait_GoesOnWithTheTimeThatIsLeft()
    {
        const int Asked = 60_000;
        const int Interrupts = 5;
        Stopwatch sinceFirst = new();
        List<long> elapsed = [];
        using MockedChild child = new();
        OnPoll(child, milliseconds =>
        {
            sinceFirst.Start();
            LetTimePass(20);
            elapsed.Add(sinceFirst.ElapsedMilliseconds);
            return _asked.Count <= Interrupts ? Errno.EINTR : 0;
        });

        Assert.IsFalse(child.Registry.WaitForExit(child.Process, Asked));
        Assert.HasCount(Interrupts + 1, _asked);
        Assert.AreEqual(Asked, _asked[0]);
        for (int i = 1; i < _asked.Count; i++)
        {
            Assert.IsLessThanOrEqualTo(Asked - elapsed[i - 1], _asked[i]);
            Assert.IsGreaterThan(0, _asked[i]);
        }
    }

    [TestMethod]
    public void AWaitWhoseTimeIsOverWhenItIsInterrupted_PollsOnceMore()
    {
        using MockedChild child = new();
        OnPoll(child, milliseconds =>
        {
            LetTimePass(milliseconds * 2);
            return _asked.Count == 1 ? Errno.EINTR : 0;
        });
        Assert.IsFalse(child.Registry.WaitForExit(child.Process, 50));
        Assert.AreEqual("50 0", string.Join(' ', _asked));
    }

    [TestMethod]
    [DataRow(-1)]
    [DataRow(0)]
    public void AnInterruptedWait_WithoutEndOrWithoutTime_IsRepeatedAsItIs(int milliseconds)
    {
        using MockedChild child = new();
        OnPoll(child, _ => _asked.Count < 4 ? Errno.EINTR : 0);
        child.Registry.WaitForExit(child.Process, milliseconds);
        CollectionAssert.AreEqual(new[] { milliseconds, milliseconds, milliseconds, milliseconds }, _asked);
    }

    [TestMethod]
    public void AWaitWhosePollFailsLate_GetsTheRestOfItsTimeFromTheRuntime()
    {
        const int Asked = 5000;
        const int Burned = 4000;
        const int Slack = 100;
        using MockedChild child = new();
        child.Registry.Attach(child.Process);
        OnPoll(child, _ =>
        {
            LetTimePass(Burned);
            return Errno.ENOMEM;
        });

        Stopwatch watch = Stopwatch.StartNew();
        Assert.IsFalse(child.Registry.WaitForExit(child.Process, Asked));
        Assert.IsInRange(Asked - Slack, Asked + Burned - Slack, watch.ElapsedMilliseconds);
        Assert.AreEqual($"{Asked}", string.Join(' ', _asked));
    }

    [TestMethod]
    public void AnInterruptedPoll_HidesNoExit()
    {
        using MockedChild child = new();
        child.Registry.Attach(child.Process);
        child.Registry.Kill(child.Process);
        child.Kernel.Fail(KernelCall.Poll, Errno.EINTR, times: 3);
        Assert.IsTrue(child.Registry.WaitForExit(child.Process, -1));
        Assert.AreEqual(137, child.Process.ExitCode);
    }

    [TestMethod]
    [DataRow(Errno.ENOSYS, "poll: ENOSYS (the kernel lacks the call, or seccomp)")]
    [DataRow(Errno.EINVAL, "poll: EINVAL (Invalid argument)")]
    internal void AnUnusablePoll_LetsTheRuntimeServeTheWait_AndKeepsThePidFd(Errno error, string reason)
    {
        using MockedChild child = new();
        child.Registry.Attach(child.Process);
        child.Kernel.Fail(KernelCall.Poll, error);
        Assert.IsFalse(child.Registry.WaitForExit(child.Process, 1));
        ProcessAttachment attachment = child.Registry.Attach(child.Process);
        Assert.AreEqual(
            (ProcessRoute.PidFd, "attached. The runtime served the last call: " + reason), (attachment.Route, attachment.Reason));

        Assert.IsFalse(child.Registry.HasExited(child.Process));
        Task exit = child.Registry.WaitForExitAsync(child.Process);
        child.Registry.Kill(child.Process);
        Assert.IsTrue(child.Registry.WaitForExit(child.Process, -1));
        Assert.IsTrue(exit.Wait(TimeSpan.FromSeconds(30)));
    }

    [TestMethod]
    public void HasExited_FallsBackFromAnUnusablePoll()
    {
        using MockedChild child = new();
        child.Kernel.Fail(KernelCall.Poll, Errno.ENOSYS);
        Assert.IsFalse(child.Registry.HasExited(child.Process));
        child.KillByStock();
        Assert.IsTrue(child.Registry.HasExited(child.Process));
        Assert.Contains("poll: ENOSYS", child.Registry.Attach(child.Process).Reason);
    }

    [TestMethod]
    public void APollThatRanOutOfMemory_IsServedByTheRuntime_AndThePidFdStays()
    {
        using MockedChild child = new();
        ProcessAttachment attachment = child.Registry.Attach(child.Process);
        child.Kernel.Fail(KernelCall.Poll, Errno.ENOMEM, times: 1);
        Assert.IsFalse(child.Registry.WaitForExit(child.Process, 1));
        Assert.AreEqual(ProcessRoute.PidFd, attachment.Route);
        Assert.AreEqual("attached. The runtime served the last call: poll: ENOMEM (the kernel is out of memory)", attachment.Reason);

        int polls = child.Kernel.Calls(KernelCall.Poll);
        Assert.IsFalse(child.Registry.WaitForExit(child.Process, 1));
        Assert.AreEqual(polls + 1, child.Kernel.Calls(KernelCall.Poll));
    }

    [TestMethod]
    public void ECHILD_OfAChildThatTheRuntimeReapedDuringTheCall_IsItsExit()
    {
        using MockedChild child = new();
        child.Registry.Attach(child.Process);
        bool exited = true;
        child.Kernel.Mock.Setup(k => k.Poll(It.IsAny<SafePidFdHandle>(), It.IsAny<int>(), out exited)).Returns(0);
        child.Kernel.OnWaitId = (SafePidFdHandle pidFd, out SigInfo info, out RUsage usage) =>
        {
            child.KillByStock();
            return LinuxKernel.Instance.WaitIdNoWait(pidFd, out info, out usage);
        };

        Assert.IsTrue(child.Registry.WaitForExit(child.Process, 0));
        Assert.AreEqual(4, child.Kernel.Calls(KernelCall.WaitId), "The probe called it twice, the attachment once.");
        Assert.AreEqual(2, child.Kernel.Calls(KernelCall.PidFdOpen), "One of the probe, one of the child: it is not opened again.");
        Assert.AreEqual(137, child.Process.ExitCode);
        child.Kernel.AssertAllClosed();
    }

    [TestMethod]
    public void ECHILD_OfANonChild_IsAnExitThatTheRuntimeDoesNotKnowOf()
    {
        using NonChildProcess nonChild = NonChildProcess.StartUnreaped();
        using MockedChild child = new();
        using Process process = child.Registry.Open(nonChild.Id);
        nonChild.KillAndWaitUntilZombie();
        Assert.IsTrue(child.Registry.WaitForExit(process, -1));
        Assert.AreEqual(4, child.Kernel.Calls(KernelCall.WaitId), "The probe called it twice, the attachment once.");
        Assert.IsFalse(process.HasExited);
        Assert.AreEqual(ProcessRoute.PidFd, child.Registry.Attach(process).Route, "The pidfd is still needed.");
        child.AssertNothingStaysOpen();
    }

    private void OnPoll(MockedChild child, Func<int, Errno> poll) =>
        child.Kernel.Mock.Setup(k => k.Poll(It.IsAny<SafePidFdHandle>(), It.IsAny<int>(), out It.Ref<bool>.IsAny)).Returns(
            new KernelMock.PollCall((SafePidFdHandle _, int milliseconds, out bool exited) =>
            {
                exited = false;
                _asked.Add(milliseconds);
                return poll(milliseconds);
            }));

    private static void LetTimePass(int milliseconds)
    {
        Stopwatch watch = Stopwatch.StartNew();
        SpinWait.SpinUntil(() => watch.ElapsedMilliseconds >= milliseconds);
    }
}
