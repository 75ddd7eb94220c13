using System.Diagnostics;
using PidFdProcess.Attachments;
using PidFdProcess.Calls;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Attach;

/// <summary>A non-child whose pidfd gets one of the last numbers, so that an attachment closes it and notes the start time.</summary>
internal sealed class ProcessWithoutPidFd : IDisposable
{
    /// <summary>Kills a tree at once, and waits only for a moment.</summary>
    public static readonly StopPlan Plan = new([], ProcessStopScope.EntireTree, KillMilliseconds: 10);

    public ProcessWithoutPidFd()
    {
        Runs = new AttachmentTable(Kernel.Platform, null);
        Object = Process.GetProcessById(NonChild.Id);
        NonChild.WaitUntilSleeper();
        AssertLives();
    }

    public HookedKernel Kernel { get; } = new() { OpensHighNumbers = true };

    public AttachmentTable Runs { get; }

    public NonChildProcess NonChild { get; } = NonChildProcess.StartReaped();

    public Process Object { get; }

    public StockRun Attach()
    {
        ProcessAttachment attachment = Runs.Attach(Object);
        Assert.AreEqual(StockCause.Resource, attachment.Cause, attachment.Reason);
        Assert.AreNotEqual(0, attachment.WithoutPidFd!.StartTicks);
        return attachment.WithoutPidFd;
    }

    /// <summary>Lets the process be a stranger, because it has started later.</summary>
    public void Recycle() => Kernel.ChangeStat = static stat => stat with { StartTicks = stat.StartTicks + 1 };

    public void AssertLives()
    {
        // SIGKILL wakes the process before the kill returns, so that it would not be asleep.
        TestProcesses.WaitUntilAsleep(NonChild.Id);
    }

    public void Dispose()
    {
        Object.Dispose();
        NonChild.Dispose();
    }
}
