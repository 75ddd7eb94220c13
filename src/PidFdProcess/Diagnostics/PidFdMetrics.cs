using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;

namespace PidFdProcess.Diagnostics;

// Overview
//
// The meter of the library.
//
// Constraints: The runtime loads the assembly of the meters when it compiles a method that names one of their types. Without a free descriptor that
// fails, and a call must not fail for that.
//
// Scheme: A method that names a type of the meters is called only after the meter was made, and is not inlined.

/// <summary>The meter <c>PidFdProcess</c>. Tags are made only if a listener is there.</summary>
/// <remarks>
/// <list type="table">
/// <item>
/// <term>pidfdprocess.attachments</term>
/// <description>Counts processes by route (pidfd, stock) and reason (attached, exited, unsupported, resource).</description>
/// </item>
/// <item>
/// <term>pidfdprocess.waits.pending</term>
/// <description>Observes the number of asynchronous waits that have not ended, on the event loop or by polls.</description>
/// </item>
/// <item>
/// <term>pidfdprocess.exits</term>
/// <description>Counts exits by source, which is a value of ExitStatusSource.</description>
/// </item>
/// <item>
/// <term>pidfdprocess.signals</term>
/// <description>
/// Counts signals by name and by result (sent, exited, or the errno). If /proc can be used, those to the members of trees and scopes are not counted.
/// </description>
/// </item>
/// <item>
/// <term>pidfdprocess.fallbacks</term>
/// <description>Counts calls that moved to the runtime, by the call that failed and its errno, or none if no errno says why.</description>
/// </item>
/// </list>
/// </remarks>
internal static class PidFdMetrics
{
    public const string MeterName = "PidFdProcess";

    /// <summary>The reason of an attachment that failed because descriptors or memory were short.</summary>
    public const string Resource = "resource";

    // Counted even without a listener, because one may start at any time.
    private static long s_pendingWaits;

    /// <summary>Gets whether a listener counts exits.</summary>
    public static bool CountsExits => Telemetry.IsStarted && IsExitsEnabled();

    /// <summary>Gets whether a listener counts signals.</summary>
    public static bool CountsSignals => Telemetry.IsStarted && IsSignalsEnabled();

    /// <summary>Makes the instruments.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Start() => _ = Instruments.Exits;

    public static void Attached(string route, string reason)
    {
        if (reason != Resource)
        {
            Telemetry.NoteAttachment();
        }

        if (Telemetry.IsStarted)
        {
            CountAttached(route, reason);
        }
    }

    public static void WaitBegan() => Interlocked.Increment(ref s_pendingWaits);

    public static void WaitEnded() => Interlocked.Decrement(ref s_pendingWaits);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Exited(string source) => Count(Instruments.Exits, new KeyValuePair<string, object?>("source", source));

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Signaled(string signal, string result) => Count(Instruments.Signals, new("signal", signal), new("result", result));

    public static void FellBack(string call, string error)
    {
        if (Telemetry.IsStarted)
        {
            CountFellBack(call, error);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool IsExitsEnabled() => Instruments.Exits.Enabled;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool IsSignalsEnabled() => Instruments.Signals.Enabled;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void CountAttached(string route, string reason)
    {
        if (Instruments.Attachments.Enabled)
        {
            Count(Instruments.Attachments, new("route", route), new("reason", reason));
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void CountFellBack(string call, string error)
    {
        if (Instruments.Fallbacks.Enabled)
        {
            Count(Instruments.Fallbacks, new("call", call), new("error", error));
        }
    }

    // A listener is code of the app. The call that it counts has succeeded, so its exception must not look like a failure of that call.
    [SuppressMessage("Design", "CA1031", Justification = "A listener of a meter must not end a call or a thread of the library.")]
    private static void Count(Counter<long> counter, params ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        try
        {
            counter.Add(1, tags);
        }
        catch (Exception)
        {
            // The listeners after this one are not asked, as with every other meter.
        }
    }

    private static class Instruments
    {
        private static readonly Meter s_meter = CreateMeter();

        public static Counter<long> Attachments { get; } =
            s_meter.CreateCounter<long>("pidfdprocess.attachments", "{process}", "Processes attached, by route and reason.");

        public static Counter<long> Exits { get; } =
            s_meter.CreateCounter<long>("pidfdprocess.exits", "{process}", "Exits seen, by the source of the exit status.");

        public static Counter<long> Signals { get; } =
            s_meter.CreateCounter<long>("pidfdprocess.signals", "{signal}", "Signals, by name and result.");

        public static Counter<long> Fallbacks { get; } =
            s_meter.CreateCounter<long>("pidfdprocess.fallbacks", "{call}", "Calls that moved to the stock runtime, by the call that failed.");

        private static Meter CreateMeter()
        {
            Meter meter = new(MeterName, LibraryVersion.Text);
            meter.CreateObservableUpDownCounter(
                "pidfdprocess.waits.pending", static () => Volatile.Read(ref s_pendingWaits), "{wait}", "Asynchronous waits that have not ended.");

            // The runtime keeps a list of meters.
            UnloadingContext.WhenUnloading(meter.Dispose);
            return meter;
        }
    }
}
