using System.Diagnostics.Tracing;

namespace PidFdProcess.Diagnostics;

/// <summary>The event source <c>PidFdProcess</c>: what an operator asks when processes are on the stock route or waits end late.</summary>
[EventSource(Name = "PidFdProcess")]
internal sealed class PidFdEventSource : EventSource
{
    private PidFdEventSource() => UnloadingContext.Dispose(this);

    public static PidFdEventSource Log { get; } = new();

    /// <summary>Whether pidfds are used, and why not: the answer of the probe, or of an operator who disabled the library.</summary>
    [Event(1, Level = EventLevel.Informational)]
    public void Probed(bool isSupported, string reason)
    {
        if (IsEnabled())
        {
            WriteEvent(1, isSupported, reason);
        }
    }

    /// <summary>Although pidfds work, a process got none, or the runtime served a call on one that had a pidfd.</summary>
    [Event(2, Level = EventLevel.Warning)]
    public void FellBack(int processId, string reason)
    {
        if (IsEnabled())
        {
            WriteEvent(2, processId, reason);
        }
    }

    /// <summary>A process is alive after the stop of its scope.</summary>
    [Event(4, Level = EventLevel.Warning)]
    public void Survived(int processId, string name, string reason)
    {
        if (IsEnabled())
        {
            WriteEvent(4, processId, name, reason);
        }
    }

    /// <summary>As <see cref="ReapOverdue"/>, for the event loop, because listeners are user code.</summary>
    [NonEvent]
    public void ReapOverdueOnPool(int processId, int milliseconds)
    {
        if (IsEnabled())
        {
            ThreadPool.UnsafeQueueUserWorkItem(
                static late => Log.ReapOverdue(late.ProcessId, late.Milliseconds), (ProcessId: processId, Milliseconds: milliseconds),
                    preferLocal: false);
        }
    }

    /// <summary>A wait without a limit ended although the runtime had not reaped the child in the time that it may take.</summary>
    [Event(3, Level = EventLevel.Warning)]
    public void ReapOverdue(int processId, int milliseconds)
    {
        if (IsEnabled())
        {
            WriteEvent(3, processId, milliseconds);
        }
    }
}
