using Microsoft.Win32.SafeHandles;

namespace PidFdProcess.Runtime;

/// <summary>
/// The runtime's own event of one run of a child. It is set once the runtime has reaped that run, even if the Process object was closed or restarted.
/// A wait for it raises nothing, takes no lock of the object and runs no user code.
/// </summary>
/// <remarks>
/// <see cref="SafeProcessHandle"/> has been the handle of that event on Unix since .NET Core 1.0, and the stock events rest on it. This class holds a
/// reference to the handle until it is disposed, so that closing the Process object does not close the event during a wait.
/// https://github.com/dotnet/runtime/blob/main/src/libraries/System.Diagnostics.Process/src/System/Diagnostics/ProcessWaitHandle.Unix.cs
/// </remarks>
internal sealed class ReapedEvent : WaitHandle
{
    private readonly SafeProcessHandle _run;
    private int _isDisposed;

    private ReapedEvent(SafeProcessHandle run)
    {
        _run = run;
        SafeWaitHandle = new SafeWaitHandle(run.DangerousGetHandle(), ownsHandle: false);
    }

    /// <summary>Opens the event. Returns <see langword="null"/> if the Process object has closed the handle.</summary>
    public static ReapedEvent? TryOpen(SafeProcessHandle run)
    {
        if (run.IsClosed)
        {
            return null;
        }

        try
        {
            bool isReferenced = false;
            run.DangerousAddRef(ref isReferenced);
        }
        catch (ObjectDisposedException)
        {
            return null;
        }

        return new ReapedEvent(run);
    }

    protected override void Dispose(bool explicitDisposing)
    {
        base.Dispose(explicitDisposing);
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            _run.DangerousRelease();
        }
    }
}
