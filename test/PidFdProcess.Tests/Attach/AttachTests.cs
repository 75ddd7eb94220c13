using System.Diagnostics;
using PidFdProcess.Linux;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Attach;

[TestClass]
public sealed class AttachTests : IDisposable
{
    private readonly ProcessHandleRegistry _registry = new();

    [TestMethod]
    public void AProcessThatExitsBetweenOpenAndCheck_GetsTheStockRoute()
    {
        using MockedChild child = new();
        child.Kernel.Mock.Setup(k => k.PidFdOpen(Moq.It.IsAny<int>(), out Moq.It.Ref<SafePidFdHandle>.IsAny))
            .Returns(new KernelMock.OpenCall((int id, out SafePidFdHandle pidFd) =>
            {
                Errno error = LinuxKernel.Instance.PidFdOpen(id, out pidFd);
                child.Kernel.PidFds.Enqueue(pidFd);
                child.KillByStock();
                return error;
            }));

        ProcessAttachment attachment = child.Registry.Attach(child.Process);

        Assert.AreEqual(ProcessRoute.Stock, attachment.Route);
        StringAssert.Contains(attachment.Reason, "exited");
        child.Kernel.AssertAllClosed();
    }

    [TestMethod]
    public void AnAttachment_SaysWhichRouteItsProcessHas_AlsoAfterTheExit()
    {
        using Process child = TestProcesses.StartSleeper();
        ProcessAttachment attachment = _registry.Attach(child);
        Assert.AreEqual($"process {child.Id}: PidFd (attached)", attachment.ToString());
        _registry.Kill(child);
        _registry.WaitForExit(child, -1);
        Assert.AreEqual($"process {child.Id}: Stock (the process has exited, and its pidfd is closed)", attachment.ToString());
    }

    [TestMethod]
    public void StartWithPidFd_OfAProcessWhoseHandlerClosesIt_HasStartedIt()
    {
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        _ = registry.Support;
        int before = ResourceCounts.PidFdBaseline();
        using Process process = new() { StartInfo = new ProcessStartInfo("/bin/true"), EnableRaisingEvents = true };
        using ManualResetEventSlim closed = new();
        process.Exited += (_, _) =>
        {
            process.Dispose();
            closed.Set();
        };
        kernel.OnOpen = _ =>
        {
            Assert.IsTrue(closed.Wait(TimeSpan.FromSeconds(60)));
            return null;
        };
        Assert.IsTrue(registry.Start(process));
        Assert.AreEqual(0, registry.Count);
        Assert.AreEqual(before, TestProcesses.OpenPidFds());
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(-1)]
    public void APidThatMeansAGroup_IsRefusedByEveryCall(int id)
    {
        // The runtime accepts these numbers, because kill(2) finds a member of the group.
        using Process process = Process.GetProcessById(id);
        foreach (ProcessHandleRegistry registry in (ProcessHandleRegistry[])[_registry, StockSwitch.CreateRegistry()])
        {
            Assert.ThrowsExactly<InvalidOperationException>(() => registry.Attach(process));
            Assert.ThrowsExactly<InvalidOperationException>(() => registry.Signal(process, (Mono.Unix.Native.Signum)0));
            Assert.ThrowsExactly<InvalidOperationException>(() => registry.HasExited(process));
            Task wait = registry.WaitForExitAsync(process, new CancellationToken(true));
            Assert.ThrowsExactly<InvalidOperationException>(() => wait.GetAwaiter().GetResult());
            Assert.AreEqual(0, registry.Count);
        }
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task TheOperatorsSwitch_SendsEveryCallToTheStockRoute(bool bySwitch)
    {
        const string Switch = "PidFdProcess.Disabled";
        const string Variable = "PIDFDPROCESS_DISABLED";
        AppContext.SetSwitch(Switch, bySwitch);
        Environment.SetEnvironmentVariable(Variable, bySwitch ? null : "1");
        ProcessHandleRegistry registry;
        try
        {
            registry = new ProcessHandleRegistry();
        }
        finally
        {
            AppContext.SetSwitch(Switch, false);
            Environment.SetEnvironmentVariable(Variable, null);
        }

        using (registry)
        {
            int before = TestProcesses.OpenPidFds();
            using Process process = TestProcesses.StartSleeper();
            Assert.IsFalse(registry.Support.IsSupported);
            StringAssert.Contains(registry.Support.Reason, bySwitch ? Switch : Variable);
            Assert.AreEqual(ProcessRoute.Stock, registry.Attach(process).Route);
            Assert.IsFalse(registry.TryGetPidFd(process, out _));
            Task exit = registry.WaitForExitAsync(process);
            registry.Kill(process);
            await exit.WaitAsync(TimeSpan.FromSeconds(30));
            Assert.IsTrue(registry.WaitForExit(process, -1));
            Assert.IsTrue(registry.HasExited(process));
            Assert.AreEqual(137, process.ExitCode);
            Assert.IsLessThanOrEqualTo(before, TestProcesses.OpenPidFds());
        }
    }

    [TestMethod]
    [DataRow("0")]
    [DataRow("")]
    [DataRow("false")]
    public void TheVariable_WithAValueThatSaysNo_ChangesNothing(string value)
    {
        Environment.SetEnvironmentVariable(PidFdSupport.DisabledVariable, value);
        try
        {
            using ProcessHandleRegistry registry = new();
            Assert.IsTrue(registry.Support.IsSupported);
        }
        finally
        {
            Environment.SetEnvironmentVariable(PidFdSupport.DisabledVariable, null);
        }
    }

    [TestMethod]
    public void TwoThreadsThatAttachAtOnce_ShareOneAttachmentAndOnePidFd()
    {
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        _ = registry.Support;
        using Process child = TestProcesses.StartSleeper();
        int before = ResourceCounts.PidFdBaseline();
        using Barrier opening = new(2);
        kernel.OnOpen = _ =>
        {
            opening.SignalAndWait();
            return null;
        };
        Task<ProcessAttachment>[] attaching =
            [.. Enumerable.Range(0, 2).Select(_ => Task.Factory.StartNew(() => registry.Attach(child), TaskCreationOptions.LongRunning))];
        Assert.IsTrue(Task.WaitAll(attaching, TimeSpan.FromSeconds(60)));
        Assert.AreSame(attaching[0].Result, attaching[1].Result);
        Assert.AreEqual(before + 1, TestProcesses.OpenPidFds());
        registry.Kill(child);
        child.WaitForExit();
    }

    public void Dispose() => _registry.Dispose();
}
