using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using PidFdProcess.Handles;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Handles;

/// <summary>Waits whose process is reaped long after its exit.</summary>
[TestClass]
public sealed class LateWaitsTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    private readonly HookedKernel _kernel = new();
    private readonly SafeFileHandle _epoll;
    private readonly LateWaits _late;
    private readonly List<ProcessHandle> _handles = [];
    private readonly List<WaitEnd> _ends = [];

    public LateWaitsTests()
    {
        Assert.AreEqual((Errno)0, _kernel.EpollCreate(out _epoll));
        _late = new LateWaits(_kernel);
    }

    public void Dispose()
    {
        _handles.ForEach(static handle => handle.CloseWhenUnused());
        _epoll.Dispose();
    }

    [TestMethod]
    public void AReap_EndsTheSleep_WhereTheKernelReportsReaps()
    {
        using NativeChild first = AddZombie(endsWithReap: true);
        first.Reap();
        RequireReports();

        using NativeChild second = AddZombie(endsWithReap: true);
        Task? reap = null;
        _kernel.OnPollForReap = () => reap ??= Task.Run(second.Reap);
        SleepUntilReport();
        TestProcesses.WaitUntil(() => Check(), "the wait has ended");
        Assert.IsTrue(reap!.Wait(s_limit));
    }

    [TestMethod]
    public void AReapThatTheRuntimeMissed_IsPolledForOnce()
    {
        using NativeChild first = AddZombie(endsWithReap: true);
        first.Reap();
        RequireReports();

        using NativeChild second = AddZombie(endsWithReap: false);
        second.Reap();
        SleepUntilReport();
        int polls = _kernel.ReapReports.Count;
        for (int i = 0; i < 5; i++)
        {
            TestProcesses.WaitUntil(() => _late.SleepUntilReap(_epoll) > 0, "the loop may sleep in another way");
        }

        Assert.HasCount(polls, _kernel.ReapReports);
    }

    /// <summary>On a busy machine a spin takes the processor from the thread that reaps.</summary>
    [TestMethod]
    public void AfterALateReap_TheLoopSleepsAtOnce()
    {
        LearnThatReapsAreLate();
        for (int i = 1; i <= 20; i++)
        {
            Assert.IsFalse(SpinsForAnotherZombie(), $"The loop span for zombie {i}.");
        }
    }

    [TestMethod]
    public void AfterTwoEarlyReaps_TheLoopSpinsAgain()
    {
        if (Environment.ProcessorCount == 1)
        {
            Assert.Inconclusive("With one processor the loop never spins.");
        }

        LearnThatReapsAreLate();
        for (int i = 0; i < 2; i++)
        {
            // An exit that is seen only in the future makes the reap early, however slow this machine is.
            Assert.IsFalse(SpinsForAnotherZombie(), $"The loop span after {i} early reaps.");
            using NativeChild early = AddZombie(endsWithReap: true, Stopwatch.GetTimestamp() + Stopwatch.Frequency);
            early.Reap();
            Assert.IsTrue(Check());
        }

        // A slow machine may be over the time of one spin, but not of each.
        TestProcesses.WaitUntil(SpinsForAnotherZombie, "the loop has spun");
    }

    /// <summary>The loop polls as it does on a kernel that does not report reaps.</summary>
    [TestMethod]
    public void ALateWait_BeforeTheFirstReap_IsNotPolledFor()
    {
        using NativeChild child = AddZombie(endsWithReap: true);
        TestProcesses.WaitUntil(() => _late.SleepUntilReap(_epoll) > 0, "the loop may sleep");
        Assert.IsEmpty(_kernel.ReapReports);
    }

    [TestMethod]
    public void TheFailureOfTheLoop_EndsEachLateWait()
    {
        using NativeChild first = AddZombie(endsWithReap: true);
        using NativeChild second = AddZombie(endsWithReap: false);
        _late.EndAll();
        CollectionAssert.AreEqual(new[] { WaitEnd.LoopFailed, WaitEnd.LoopFailed }, _ends);
        Assert.IsTrue(_late.IsEmpty);
    }

    [TestMethod]
    public void APidFdThatIsClosed_IsNotPolledFor()
    {
        using NativeChild closedBefore = AddZombie(endsWithReap: false);
        _handles[^1].CloseWhenUnused();
        using NativeChild other = AddZombie(endsWithReap: true);
        other.Reap();
        Assert.IsFalse(Check());
        _late.EndAll();
        if (!_kernel.ReapReports.Single())
        {
            Assert.Inconclusive("This kernel does not report reaps by poll.");
        }

        using NativeChild closedAfter = AddZombie(endsWithReap: false);
        _handles[^1].CloseWhenUnused();
        TestProcesses.WaitUntil(() => _late.SleepUntilReap(_epoll) > 0, "the loop may sleep in another way");
        Assert.HasCount(1, _kernel.ReapReports);
    }

    private void LearnThatReapsAreLate()
    {
        using NativeChild first = AddZombie(endsWithReap: true, Stopwatch.GetTimestamp() - Stopwatch.Frequency);
        first.Reap();
        RequireReports();
    }

    /// <summary>Whether the loop looks again at once, without a poll for the reap.</summary>
    private bool SpinsForAnotherZombie()
    {
        using NativeChild child = AddZombie(endsWithReap: false);
        _kernel.ReapReports.Clear();
        _ = _late.SleepUntilReap(_epoll);
        _late.EndAll();
        return _kernel.ReapReports.IsEmpty;
    }

    private NativeChild AddZombie(bool endsWithReap, long? since = null)
    {
        NativeChild child = NativeChild.StartShell("exit 0");
        child.WaitUntilZombie();
        ProcessHandle handle = new(child.Id, child.OpenPidFd(), default, new TestOwner(_kernel.Platform));
        _handles.Add(handle);
        _late.Add(new ReapWaiter(endsWithReap ? handle : null, _ends), handle, since ?? Stopwatch.GetTimestamp());
        Assert.IsFalse(Check());
        return child;
    }

    private bool Check()
    {
        _late.CheckReaps(_epoll);
        return _late.IsEmpty;
    }

    private void RequireReports()
    {
        Assert.IsTrue(Check());
        Assert.HasCount(1, _kernel.ReapReports, "The first reap shows what the kernel does.");
        if (!_kernel.ReapReports.First())
        {
            Assert.Inconclusive("This kernel does not report reaps by poll.");
        }

        _kernel.ReapReports.Clear();
    }

    private void SleepUntilReport() => TestProcesses.WaitUntil(
        () =>
        {
            _ = _late.SleepUntilReap(_epoll);
            return _kernel.ReapReports.Contains(true);
        },
        "the kernel has reported the reap");

    private sealed class ReapWaiter(ProcessHandle? handle, List<WaitEnd> ends) : ExitWaiter(TaskCreationOptions.None)
    {
        internal override bool IsPending => true;

        internal override bool OnExit() => false;

        internal override bool CheckReap(TimeSpan sinceExit) => handle?.IsReaped() == true;

        internal override void OnEnd(WaitEnd end) => ends.Add(end);
    }
}
