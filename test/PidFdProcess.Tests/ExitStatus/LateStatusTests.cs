using System.Diagnostics;
using PidFdProcess.Handles;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.ExitStatus;

/// <summary>
/// The kernel tells how a non-child has ended after its parent has reaped it, and nothing before, as if <c>/proc</c> hid the process.
/// </summary>
[TestClass]
public sealed class LateStatusTests
{
    [TestMethod]
    [DataRow("asynchronous wait with a handler")]
    [DataRow("asynchronous wait")]
    [DataRow("blocking wait")]
    public async Task AStatus_ThatIsKnownAfterTheReapAlone_IsReadBeforeThePidFdIsClosed(string wait)
    {
        ReapedStatus.Require();
        int looks = 0;
        HookedKernel kernel = new()
        {
            OnWaitId = static _ => Errno.ECHILD,
            OnGetExit = _ => Interlocked.Increment(ref looks) == 1 ? Errno.ENOTTY : null,
        };
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        using NonChildProcess nonChild = NonChildProcess.StartReaped("read line <&3; exit 7");
        using Process process = Process.GetProcessById(nonChild.Id);
        registry.Attach(process);
        kernel.OnReadStat = static _ => Errno.EACCES;
        looks = 0;
        if (wait == "asynchronous wait with a handler")
        {
            process.Exited += static (_, _) => { };
        }

        Task ended = wait == "blocking wait"
            ? Task.Factory.StartNew(() => registry.WaitForExit(process, -1), TaskCreationOptions.LongRunning)
            : registry.WaitForExitAsync(process);
        nonChild.CloseInput();
        await ended.WaitAsync(TimeSpan.FromSeconds(60));
        nonChild.WaitUntilReaped();
        Assert.AreEqual(7, registry.WaitForExitStatus(process).ExitCode);
    }

    [TestMethod]
    public void TheEndOfARun_ReadsTheStatus_BeforeThePidFdIsClosed()
    {
        ReapedStatus.Require();
        HookedKernel kernel = new() { OnGetExit = static _ => Errno.ENOTTY };
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        using NonChildProcess nonChild = NonChildProcess.StartReaped("read line <&3; exit 7");
        using Process process = Process.GetProcessById(nonChild.Id);
        ProcessHandle handle = registry.Attach(process).Handle!;
        nonChild.CloseInput();
        nonChild.WaitUntilReaped();
        Assert.IsTrue(handle.TryAddRef());
        handle.CaptureExit();
        Assert.IsNull(handle.Exit);

        // The kernel knows the status from now on.
        kernel.OnGetExit = null;
        handle.NoteReaped();
        handle.Release();
        Assert.AreEqual(7, registry.WaitForExitStatus(process).ExitCode);
    }
}
