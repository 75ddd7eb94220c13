using System.Diagnostics.Tracing;
using System.Runtime.CompilerServices;

namespace PidFdProcess.Diagnostics;

/// <summary>
/// The event source <c>PidFdProcess</c>. It tells an operator why the runtime serves a process, which waits ended late, and which processes survived.
/// </summary>
[EventSource(Name = "PidFdProcess")]
internal sealed class PidFdEventSource : EventSource
{
    private static PidFdEventSource? s_log;
    private static int s_isCreating;

    /// <summary>
    /// Gets the event source, which is made at its first use. It is <see langword="null"/> if the runtime cannot load what it needs because
    /// descriptors are short, and while another thread makes it. A call must not fail because an event of it cannot be written. Making it runs code
    /// of the app (<see cref="EventListener.OnEventSourceCreated"/>), so the event loop must not read this property.
    /// </summary>
    public static PidFdEventSource? Log => Volatile.Read(ref s_log) ?? TryCreate();

    // The runtime keeps a list of event sources.
    private PidFdEventSource() => UnloadingContext.WhenUnloading(Dispose);

    /// <summary>Whether pidfds are used, and why not. The reason comes from the probe, or from the variable that disables the library.</summary>
    [Event(1, Level = EventLevel.Informational)]
    public void Probed(bool isSupported, string reason)
    {
        if (IsEnabled())
        {
            WriteEvent(1, isSupported, reason);
        }
    }

    /// <summary>Although pidfds work, a process got no pidfd, or the runtime served a call on a process with a pidfd.</summary>
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

    /// <summary>The stop of a scope could not find all its processes. Some may be alive, and no other event names them.</summary>
    [Event(5, Level = EventLevel.Warning)]
    public void ScopeStopIncomplete(string reason)
    {
        if (IsEnabled())
        {
            WriteEvent(5, reason);
        }
    }

    /// <summary>A wait without a limit ended although the runtime had not reaped the child within the given time.</summary>
    [Event(3, Level = EventLevel.Warning)]
    public void ReapOverdue(int processId, int milliseconds)
    {
        if (IsEnabled())
        {
            WriteEvent(3, processId, milliseconds);
        }
    }

    // No lock, because listeners run user code when an event source is made.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static PidFdEventSource? TryCreate()
    {
        if (Interlocked.Exchange(ref s_isCreating, 1) == 0)
        {
            try
            {
                s_log ??= new PidFdEventSource();
            }
            catch (Exception e) when (Telemetry.IsLoadFailure(e))
            {
                // The next event tries again.
            }
            finally
            {
                Volatile.Write(ref s_isCreating, 0);
            }
        }

        return Volatile.Read(ref s_log);
    }
}
