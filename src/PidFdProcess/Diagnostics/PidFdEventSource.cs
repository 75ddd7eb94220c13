using System.Diagnostics.Tracing;

namespace PidFdProcess.Diagnostics;

/// <summary>The event source <c>PidFdProcess</c>: what an operator asks when processes are on the stock route.</summary>
[EventSource(Name = "PidFdProcess")]
internal sealed class PidFdEventSource : EventSource
{
    public static PidFdEventSource Log { get; } = new();

    /// <summary>The probe was run: whether pidfds work, and why not.</summary>
    [Event(1, Level = EventLevel.Informational)]
    public void Probed(bool isSupported, string reason)
    {
        if (IsEnabled())
        {
            WriteEvent(1, isSupported, reason);
        }
    }

    /// <summary>Although pidfds work, a process got none, or a call on one that had a pidfd was served by the stock runtime.</summary>
    [Event(2, Level = EventLevel.Warning)]
    public void FellBack(int processId, string reason)
    {
        if (IsEnabled())
        {
            WriteEvent(2, processId, reason);
        }
    }
}
