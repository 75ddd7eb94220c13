using System.Globalization;
using System.Runtime.InteropServices;
using PidFdProcess.Linux;
using Signum = Mono.Unix.Native.Signum;

namespace PidFdProcess;

/// <summary>How a process ended. Shaped after the <c>ProcessExitStatus</c> of .NET 11.</summary>
public sealed class PidFdExitStatus
{
    internal const int SignalExitCodeBase = 128;

    // A number, because a field of the enum would load Mono.Posix.NETStandard with this type.
    private readonly int? _signal;

    internal PidFdExitStatus(
        ExitStatusSource source, int? exitCode, int? signal, bool coreDumped, ProcessResourceUsage? resourceUsage, DateTime? exitTime,
            bool canceled = false)
    {
        Source = source;
        ExitCode = exitCode;
        _signal = signal;
        CoreDumped = coreDumped;
        ResourceUsage = resourceUsage;
        ExitTime = exitTime;
        Canceled = canceled;
    }

    /// <summary>
    /// Gets the exit code (0 to 255 on Unix). If a signal killed the process, it is 128 plus the number of the signal, as from the runtime. It is
    /// <see langword="null"/> if <see cref="Source"/> is <see cref="ExitStatusSource.Unknown"/>.
    /// </summary>
    public int? ExitCode { get; }

    /// <summary>
    /// Gets the signal that killed the process, or <see langword="null"/> if no signal did. It is also <see langword="null"/> if the source does not
    /// tell (<see cref="ExitStatusSource.Unknown"/>, <see cref="ExitStatusSource.Runtime"/>). A real-time signal is its bare number.
    /// </summary>
    public Signum? Signal => _signal is { } number ? (Signum)number : null;

    /// <summary>
    /// Gets <see cref="Signal"/> in the type that .NET 11 uses. If that type has no name for the signal, the value is its number on Linux, for
    /// example 10 for SIGUSR1. SIGKILL got a name with .NET 11, and is 9 on earlier runtimes. Loads no assembly except those of the runtime.
    /// </summary>
    public PosixSignal? PosixSignal => _signal is { } number ? PosixSignals.Of(number) : null;

    /// <summary>Gets whether the signal left a core dump (<c>WCOREDUMP</c>).</summary>
    public bool CoreDumped { get; }

    /// <summary>
    /// Gets whether a SIGKILL of this library ended the process, after a timeout, a cancellation or a grace period. For a tree it is about the root.
    /// </summary>
    public bool Canceled { get; }

    /// <summary>
    /// Gets when the exit was seen, in local time, as <see cref="System.Diagnostics.Process.ExitTime"/>. It is <see langword="null"/> if the exit was
    /// not seen.
    /// </summary>
    public DateTime? ExitTime { get; }

    /// <summary>Gets the source of the status.</summary>
    public ExitStatusSource Source { get; }

    /// <summary>
    /// Gets the resources that the process used, or <see langword="null"/> if they are not known. Only <see cref="ExitStatusSource.WaitId"/> tells
    /// them.
    /// </summary>
    /// <remarks>
    /// The kernel tells them of a child until it is reaped. This library and the runtime learn of the exit at the same moment. If the runtime reaps
    /// the child first, they are lost. That happens to 1 to 6 in a hundred children that exit by themselves after the wait has begun. It happens to
    /// 10 to 45 in a hundred that exit at once or are killed during an asynchronous wait. On a busy machine it happens to more, and to most children
    /// that a thread waits for in a blocking call.
    /// </remarks>
    public ProcessResourceUsage? ResourceUsage { get; }

    internal static PidFdExitStatus Unknown { get; } = new(ExitStatusSource.Unknown, null, null, false, null, null);

    /// <summary>
    /// Returns for example <c>exited 3</c>, <c>killed by SIGSEGV (core dumped)</c> or <c>exited, status unknown</c>. The runtime cannot tell an exit
    /// code above 128 from a signal, so the text can also be <c>exited 137 or killed by SIGKILL</c>.
    /// </summary>
    /// <returns>The text.</returns>
    public override string ToString()
    {
        string text = this switch
        {
            { _signal: { } signal } => $"killed by {NameOf(signal)}{(CoreDumped ? " (core dumped)" : "")}",
            { ExitCode: { } code and > SignalExitCodeBase and <= SignalExitCodeBase + SignalNumbers.Max, Source: ExitStatusSource.Runtime } =>
                string.Create(CultureInfo.InvariantCulture, $"exited {code} or killed by {NameOf(code - SignalExitCodeBase)}"),
            { ExitCode: { } code } => string.Create(CultureInfo.InvariantCulture, $"exited {code}"),
            _ => "exited, status unknown",
        };
        return Canceled ? $"{text} (canceled)" : text;
    }

    /// <summary>Returns the status after a SIGKILL was sent. It is canceled unless something else ended the process first.</summary>
    /// <remarks>An exit code of 137 from the runtime may mean exit(137) or SIGKILL. Every other source tells them apart.</remarks>
    internal PidFdExitStatus AfterKill() =>
        _signal is SignalNumbers.SigKill
        || Source is ExitStatusSource.Unknown
        || (Source is ExitStatusSource.Runtime && ExitCode is SignalExitCodeBase + SignalNumbers.SigKill)
            ? new(Source, ExitCode, _signal, CoreDumped, ResourceUsage, ExitTime, canceled: true)
            : this;

    private static string NameOf(int signal) => signal < SignalNumbers.FirstRealTime
        ? SignalNumbers.NameOf(signal)
        : string.Create(CultureInfo.InvariantCulture, $"signal {signal}");
}
