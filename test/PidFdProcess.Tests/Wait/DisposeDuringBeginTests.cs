using System.Diagnostics;
using PidFdProcess.Calls;
using PidFdProcess.Scopes;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Wait;

/// <summary>The registry is disposed while a wait begins. It has ended its waits then, and the wait that begins has to end, too.</summary>
[TestClass]
public sealed class DisposeDuringBeginTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    private static readonly Dictionary<string, Func<ProcessHandleRegistry, Process, Task>> s_waits = new()
    {
        ["WaitForExitAsync"] = static (registry, process) => registry.WaitForExitAsync(process),
        ["WaitForExitStatusAsync"] = static (registry, process) => registry.WaitForExitStatusAsync(process),
        ["WhenAnyExit"] = static (registry, process) => registry.WhenAnyExitAsync([process]),
        ["a scope"] = static (registry, process) =>
        {
            ScopeMember member = new(PinnedRun.Of(registry.Runs, process), sessionId: 0);
            member.Release();
            return member.Exit;
        },
    };

    private readonly HookedKernel _kernel = new();

    public static IEnumerable<string> Waits => s_waits.Keys;

    [TestMethod]
    [DynamicData(nameof(Waits))]
    public async Task AWait_ThatBeginsWhileTheRegistryIsDisposed_Ends(string name)
    {
        using ProcessHandleRegistry registry = CreateRegistry();
        using Process process = TestProcesses.StartSleeper();
        registry.Attach(process);

        // The event loop starts with the first wait.
        _kernel.OnEpollCreate = () =>
        {
            registry.Dispose();
            return null;
        };
        Task wait = s_waits[name](registry, process);
        await AssertDisposedAsync(() => wait.WaitAsync(s_limit));
        await AssertDisposedAsync(() => registry.WaitForExitAsync(process));
        Assert.AreEqual(0, _kernel.Platform.EventLoop.Count);
        process.Kill();
    }

    [TestMethod]
    public async Task AWaitForATree_WhoseRegistryIsDisposedDuringTheListing_Ends()
    {
        using ProcessHandleRegistry registry = CreateRegistry();
        using Process process = TestProcesses.StartSleeper();
        registry.Attach(process);
        _kernel.OnReadStat = _ =>
        {
            registry.Dispose();
            return null;
        };
        Task wait = registry.WaitForTreeExitAsync(process);
        await AssertDisposedAsync(() => wait.WaitAsync(s_limit));
        Assert.AreEqual(0, _kernel.Platform.EventLoop.Count);
        process.Kill();
    }

    private static async Task AssertDisposedAsync(Func<Task> wait)
    {
        ObjectDisposedException disposed = await Assert.ThrowsExactlyAsync<ObjectDisposedException>(wait);
        Assert.AreEqual(typeof(ProcessHandleRegistry).FullName, disposed.ObjectName);
    }

    private ProcessHandleRegistry CreateRegistry()
    {
        ProcessHandleRegistry registry = TestRegistry.On(_kernel.Platform);
        if (!registry.Support.IsSupported)
        {
            Assert.Inconclusive(registry.Support.ToString());
        }

        return registry;
    }
}
