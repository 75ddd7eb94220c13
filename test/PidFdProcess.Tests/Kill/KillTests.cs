using System.ComponentModel;
using System.Diagnostics;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Kill;

[TestClass]
public sealed class KillTests : IDisposable
{
    private static readonly Dictionary<string, Action<Process>> s_calls = new()
    {
        ["Kill"] = process => process.KillViaPidFd(),
        ["HasExited"] = process => process.HasExitedPidFd(),
        ["WaitForExit()"] = process => process.WaitForExitPidFd(),
        ["WaitForExit(0)"] = process => process.WaitForExitPidFd(0),
        ["WaitForExit(TimeSpan)"] = process => process.WaitForExitPidFd(TimeSpan.Zero),
        ["WaitForExitAsync"] = process => process.WaitForExitPidFdAsync().GetAwaiter().GetResult(),
        ["TryGetPidFd"] = process => process.TryGetPidFd(out _),
        ["Attach"] = process => ProcessHandleRegistry.Default.Attach(process),
    };

    private readonly ProcessHandleRegistry _registry = new();

    public static IEnumerable<object[]> Calls => s_calls.Keys.Select(call => new object[] { call });

    [TestMethod]
    public void ANonChildThatWasReapedBeforeItIsAttached_IsNoError()
    {
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        using Process process = Process.GetProcessById(nonChild.Id);
        nonChild.KillAndWaitUntilReaped();
        ProcessAttachment attachment = _registry.Attach(process);
        Assert.AreEqual(ProcessRoute.Stock, attachment.Route);
        StringAssert.Contains(attachment.Reason, "exited");
        _registry.Kill(process);
        Assert.IsTrue(_registry.HasExited(process));
        Assert.IsTrue(_registry.WaitForExit(process, -1));
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Kill_ThatIsNotPermitted_ThrowsAsTheStockKill(bool child)
    {
        OtherUser.Require();
        using NonChildProcess? nonChild = child ? null : NonChildProcess.StartReaped();
        using Process process = nonChild is null ? TestProcesses.StartSleeper() : Process.GetProcessById(nonChild.Id);
        Win32Exception stock = null!;
        Win32Exception ours = null!;
        OtherUser.Run(() =>
        {
            stock = Assert.ThrowsExactly<Win32Exception>(process.Kill);
            ours = Assert.ThrowsExactly<Win32Exception>(() => _registry.Kill(process));
        });

        Assert.AreEqual(1, stock.NativeErrorCode);
        Assert.AreEqual(1, ours.NativeErrorCode);
        StringAssert.Contains(ours.Message, $"{process.Id}");
        Assert.IsFalse(_registry.HasExited(process));
        Assert.AreEqual(ProcessRoute.PidFd, _registry.Attach(process).Route);
        _registry.Kill(process);
        Assert.IsTrue(_registry.WaitForExit(process, 30_000));
    }

    [TestMethod]
    [DynamicData(nameof(Calls))]
    public void ANullObject_IsRefused(string call)
    {
        ArgumentNullException e = Assert.ThrowsExactly<ArgumentNullException>(() => s_calls[call](null!));
        Assert.AreEqual("process", e.ParamName);
    }

    [TestMethod]
    [DynamicData(nameof(Calls))]
    public void AnUnstartedObject_IsRefused(string call)
    {
        using Process process = new() { StartInfo = new ProcessStartInfo("/bin/true") };
        Assert.ThrowsExactly<InvalidOperationException>(() => s_calls[call](process));
    }

    [TestMethod]
    [DynamicData(nameof(Calls))]
    public void AClosedObject_IsRefusedAlsoIfItWasAttached(string call)
    {
        using Process process = TestProcesses.StartExiting(0);
        ProcessHandleRegistry.Default.Attach(process);
        process.WaitForExit();
        process.Close();
        Assert.ThrowsExactly<InvalidOperationException>(() => s_calls[call](process));
    }

    [TestMethod]
    [DynamicData(nameof(Calls))]
    public void ADisposedObject_IsRefused(string call)
    {
        Process process = TestProcesses.StartExiting(0);
        process.WaitForExit();
        process.Dispose();
        Assert.ThrowsExactly<InvalidOperationException>(() => s_calls[call](process));
    }

    [TestMethod]
    public void ADisposedRegistry_RefusesCalls_AndSparesTheProcess()
    {
        using Process process = TestProcesses.StartSleeper();
        _registry.Attach(process);
        _registry.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => _registry.Kill(process));
        Assert.ThrowsExactly<ObjectDisposedException>(() => _registry.Open(process.Id));
        Assert.IsFalse(process.HasExited);
        process.Kill();
    }

    public void Dispose() => _registry.Dispose();
}
