using System.Diagnostics;
using System.Runtime.InteropServices;
using PidFdProcess.Calls;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Tree;

/// <summary>The start time of a root without a pidfd cannot be read at first. Then another process has the PID.</summary>
[TestClass]
public sealed class UnreadRootTests
{
    // The spare descriptors of a tree kill are closed first, one for each failure.
    private const int FailuresWhenShort = 4;

    private static readonly Dictionary<string, Action<ProcessHandleRegistry, Process>> s_calls = new()
    {
        ["KillDescendants"] = static (registry, process) => registry.KillDescendants(process),
        ["Stop"] = static (registry, process) => registry.Stop(process, TimeSpan.Zero, PosixSignal.SIGTERM, entireProcessTree: true),
        ["Open"] = static (registry, process) => RelativeCalls.Open(registry.Runs, process, all: true),
        ["Wait"] = static (registry, process) => RelativeCalls.WaitForTreeExitAsync(registry.Runs, process, CancellationToken.None)
            .WaitAsync(TimeSpan.FromSeconds(20)).GetAwaiter().GetResult(),
    };

    [TestMethod]
    [DataRow("KillDescendants", Errno.EMFILE, Errno.EMFILE)]
    [DataRow("KillDescendants", Errno.ENOENT, Errno.EACCES)]
    [DataRow("Stop", Errno.EMFILE, Errno.EMFILE)]
    [DataRow("Stop", Errno.ENOENT, Errno.EACCES)]
    [DataRow("Open", Errno.EMFILE, Errno.EMFILE)]
    [DataRow("Open", Errno.ENOENT, Errno.EACCES)]
    [DataRow("Wait", Errno.EMFILE, Errno.EMFILE)]
    internal void ALaterOwnerOfThePid_IsNotTakenForTheRoot(string call, Errno error, Errno reported)
    {
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistryOn(kernel.Platform, stock: true);
        using MarkedTree tree = new("sleep 1000 & wait");
        tree.WaitForCount(2);
        registry.Attach(tree.Root);
        int failures = error == Errno.ENOENT ? 1 : FailuresWhenShort;
        int reads = 0;
        int read = 0;
        kernel.OnReadStat = id =>
        {
            read = id;
            return id == tree.Root.Id && reads++ < failures ? error : null;
        };
        kernel.ChangeStat = stat => read == tree.Root.Id ? stat with { StartTicks = stat.StartTicks + 1 } : stat;
        kernel.OnKill = static (_, signal) => signal == 0 ? null : throw new AssertFailedException("a stranger gets a signal");
        Exception e = Assert.Throws<Exception>(() => s_calls[call](registry, tree.Root));
        StringAssert.Contains(e.Message, $": {reported} (");
        Assert.HasCount(2, tree.Alive());
    }
}
