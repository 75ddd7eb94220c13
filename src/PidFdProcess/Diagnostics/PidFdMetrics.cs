using System.Diagnostics.Metrics;
using PidFdProcess.Linux;
using PidFdProcess.Routes;

namespace PidFdProcess.Diagnostics;

/// <summary>
/// The meter <c>PidFdProcess</c>. Each method that has tags asks first whether anybody listens, and makes them only then.
/// </summary>
/// <remarks>
/// <list type="table">
/// <item><term>pidfdprocess.attachments</term><description>counter, {process}; route: pidfd, stock; reason: attached, exited, unsupported, resource</description></item>
/// <item><term>pidfdprocess.waits.pending</term><description>observable up-down counter, {wait}: asynchronous waits on the exit watcher</description></item>
/// <item><term>pidfdprocess.exits</term><description>counter, {process}: exits seen by a pidfd; source: a value of ExitStatusSource</description></item>
/// <item><term>pidfdprocess.signals</term><description>counter, {signal}; signal: its name; result: sent, exited, or the errno</description></item>
/// <item><term>pidfdprocess.fallbacks</term><description>counter, {call}: calls that moved to stock; call and error: the call that failed and its errno</description></item>
/// </list>
/// </remarks>
internal static class PidFdMetrics
{
    public const string MeterName = "PidFdProcess";

    // Counted whether or not anybody listens: a listener may start at any time.
    private static long s_pendingWaits;

    private static readonly Meter s_meter = CreateMeter();

    private static readonly Counter<long> s_attachments =
        s_meter.CreateCounter<long>("pidfdprocess.attachments", "{process}", "Processes attached, by route and reason.");

    private static readonly Counter<long> s_exits =
        s_meter.CreateCounter<long>("pidfdprocess.exits", "{process}", "Exits seen by a pidfd, by the source of the exit status.");

    private static readonly Counter<long> s_signals =
        s_meter.CreateCounter<long>("pidfdprocess.signals", "{signal}", "Signals, by name and result.");

    private static readonly Counter<long> s_fallbacks =
        s_meter.CreateCounter<long>("pidfdprocess.fallbacks", "{call}", "Calls that moved to the stock runtime, by the call that failed.");

    public static void Attached(Route route)
    {
        if (s_attachments.Enabled)
        {
            s_attachments.Add(
                1,
                new("route", route is StockRoute ? "stock" : "pidfd"),
                new("reason", route is StockRoute { Cause: var cause } ? cause.ToString().ToLowerInvariant() : "attached"));
        }
    }

    public static void WaitBegan() => Interlocked.Increment(ref s_pendingWaits);

    public static void WaitEnded() => Interlocked.Decrement(ref s_pendingWaits);

    public static void Exited(ExitStatusSource source)
    {
        if (s_exits.Enabled)
        {
            s_exits.Add(1, new KeyValuePair<string, object?>("source", source.ToString()));
        }
    }

    public static void Signaled(int signal, Errno error)
    {
        if (s_signals.Enabled)
        {
            s_signals.Add(
                1,
                new("signal", SignalNumbers.NameOf(signal)),
                new("result", error switch { 0 => "sent", Errno.ESRCH => "exited", _ => error.ToString() }));
        }
    }

    public static void FellBack(string call, Errno error)
    {
        if (s_fallbacks.Enabled)
        {
            s_fallbacks.Add(1, new("call", call), new("error", error.ToString()));
        }
    }

    private static Meter CreateMeter()
    {
        Meter meter = new(MeterName, typeof(PidFdMetrics).Assembly.GetName().Version?.ToString(3));
        meter.CreateObservableUpDownCounter(
            "pidfdprocess.waits.pending", static () => Volatile.Read(ref s_pendingWaits), "{wait}", "Asynchronous waits on the exit watcher.");
        return meter;
    }
}
