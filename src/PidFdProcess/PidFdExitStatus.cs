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
    /// Gets the exit code (0 to 255 on Unix), or 128 plus the number of the signal that killed the process, as the runtime counts;
    /// <see langword="null"/> if <see cref="Source"/> is <see cref="ExitStatusSource.Unknown"/>.
    /// </summary>
    public int? ExitCode { get; }

    /// <summary>
    /// Gets the signal that killed the process; <see langword="null"/> if none did or it is not known
    /// (<see cref="ExitStatusSource.Unknown"/>, <see cref="ExitStatusSource.Runtime"/>). A real-time signal is its bare number.
    /// </summary>
    public Signum? Signal => _signal is { } number ? (Signum)number : null;

    /// <summary>
    /// Gets <see cref="Signal"/> in the type that .NET 11 has it in. A signal that this type has no name for is its number on Linux, SIGKILL for
    /// example 9. Needs no assembly but the runtime's own.
    /// </summary>
    public PosixSignal? PosixSignal => _signal is { } number ? PosixSignals.Of(number) : null;

    /// <summary>Gets whether the signal left a core dump (<c>WCOREDUMP</c>).</summary>
    public bool CoreDumped { get; }

    /// <summary>
    /// Gets whether the process took a SIGKILL of this library, after a timeout, a cancellation or a grace period. Of a tree this says it of the
    /// root.
    /// </summary>
    public bool Canceled { get; }

    /// <summary>
    /// Gets when the exit was seen, in local time, as <see cref="System.Diagnostics.Process.ExitTime"/>; <see langword="null"/> if it was not.
    /// </summary>
    public DateTime? ExitTime { get; }

    /// <summary>Gets where the status was read.</summary>
    public ExitStatusSource Source { get; }

    /// <summary>Gets what the process used; only with <see cref="ExitStatusSource.WaitId"/>.</summary>
    public ProcessResourceUsage? ResourceUsage { get; }

    internal static PidFdExitStatus Unknown { get; } = new(ExitStatusSource.Unknown, null, null, false, null, null);

    /// <summary>
    /// For example <c>exited 3</c>, <c>killed by SIGSEGV (core dumped)</c> or <c>exited, status unknown</c>; of a runtime that cannot tell
    /// the two apart, <c>exited 137 or killed by SIGKILL</c>.
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

    /// <summary>A kill was sent. If something else ended the process first, it was not the kill.</summary>
    /// <remarks>The runtime's 137 may be either; every other source tells exit(137) from SIGKILL.</remarks>
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
