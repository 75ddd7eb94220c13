using System.Diagnostics;
using System.Runtime.CompilerServices;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Lifetime;

/// <summary>A token that outlives the waits it was given to, such as that of a whole program, keeps nothing of them.</summary>
[TestClass]
public sealed class LongLivedTokenTests
{
    [TestMethod]
    [DataRow(true, DisplayName = "a wait that ended by the exit")]
    [DataRow(false, DisplayName = "a wait that could not begin and went to stock")]
    public void OfAWaitThatEndedNothingIsLeft(bool watched)
    {
        using KernelMock kernel = new();
        using ProcessHandleRegistry registry = new(kernel.Platform);
        using CancellationTokenSource source = new();
        Assert.IsTrue(registry.Support.IsSupported);
        if (!watched)
        {
            kernel.Fail(KernelCall.EpollAdd, Errno.ENOMEM, times: 1);
        }

        WeakReference<Process> process = WaitAndDrop(registry, source.Token);
        TestProcesses.WaitUntil(() => IsCollected(process), "the Process object is collected");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference<Process> WaitAndDrop(ProcessHandleRegistry registry, CancellationToken token)
    {
        Process process = TestProcesses.StartSleeper();
        Task wait = registry.WaitForExitAsync(process, token);
        Assert.IsFalse(wait.IsCompleted);
        registry.Kill(process);
        Assert.IsTrue(wait.Wait(Waits.Limit, CancellationToken.None));
        return new WeakReference<Process>(process);
    }

    private static bool IsCollected(WeakReference<Process> process)
    {
        Census.Collect();
        return !process.TryGetTarget(out _);
    }
}
