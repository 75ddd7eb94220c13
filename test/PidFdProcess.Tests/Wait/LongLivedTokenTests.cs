using System.Diagnostics;
using System.Runtime.CompilerServices;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Wait;

/// <summary>A token that outlives its waits, like the token of a whole program, holds no reference to them.</summary>
[TestClass]
public sealed class LongLivedTokenTests
{
    [TestMethod]
    [DataRow(true, DisplayName = "waits that ended by the exit")]
    [DataRow(false, DisplayName = "waits that could not begin and went to stock")]
    public void WaitsThatEnded_LeaveNothing(bool watched)
    {
        using KernelMock kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        using CancellationTokenSource source = new();
        Assert.IsTrue(registry.Support.IsSupported);
        if (!watched)
        {
            kernel.Fail(KernelCall.EpollAdd, Errno.ENOMEM);
        }

        List<WeakReference<Process>> processes = [.. Enumerable.Range(0, 4).Select(_ => WaitAndDrop(registry, source.Token))];

        // After the stock wait the runtime's thread for wait handles refers to the last one for a while.
        TestProcesses.WaitUntil(() => ResourceCounts.CollectAndCount(processes) <= 1, "the Process objects are collected");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference<Process> WaitAndDrop(ProcessHandleRegistry registry, CancellationToken token)
    {
        Process process = TestProcesses.StartSleeper();
        Task wait = registry.WaitForExitAsync(process, token);
        Assert.IsFalse(wait.IsCompleted);
        Assert.AreEqual(ProcessRoute.PidFd, registry.Attach(process).Route);
        registry.Kill(process);
        Assert.IsTrue(wait.Wait(Waiting.Limit, CancellationToken.None));
        return new WeakReference<Process>(process);
    }
}
