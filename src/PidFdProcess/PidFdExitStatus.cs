using System.Globalization;
using Signum = Mono.Unix.Native.Signum;
using PidFdProcess.Handles;
using PidFdProcess.Linux;

namespace PidFdProcess;

/// <summary>How a process ended. Shaped after the <c>ProcessExitStatus</c> of .NET 11.</summary>
public sealed class PidFdExitStatus
{
    private const int SignalExitCodeBase = 128;

    private PidFdExitStatus(ExitStatusSource source) => Source = source;

    /// <summary>
    /// Gets the exit code (0 to 255 on Unix), or 128 plus the number of the signal that killed the process, as the runtime counts;
    /// <see langword="null"/> if <see cref="Source"/> is <see cref="ExitStatusSource.Unknown"/>.
    /// </summary>
    public int? ExitCode { get; private init; }

    /// <summary>
    /// Gets the signal that killed the process; <see langword="null"/> if none did or it is not known
    /// (<see cref="ExitStatusSource.Unknown"/>, <see cref="ExitStatusSource.Runtime"/>). A real-time signal is its bare number.
    /// </summary>
    public Signum? Signal => SignalNumber is { } number ? (Signum)number : null;

    /// <summary>Gets whether the signal left a core dump (<c>WCOREDUMP</c>).</summary>
    public bool CoreDumped { get; private init; }

    /// <summary>Gets whether it took a SIGKILL of this library, after a timeout, a cancellation or a grace period.</summary>
    public bool Canceled { get; private init; }

    /// <summary>Gets where the status was read.</summary>
    public ExitStatusSource Source { get; }

    /// <summary>Gets what the process used; only with <see cref="ExitStatusSource.WaitId"/>.</summary>
    public ProcessResourceUsage? ResourceUsage { get; private init; }

    /// <summary>Gets the number of the signal. An int, because a field of the enum would load Mono.Posix.NETStandard with this type.</summary>
    internal int? SignalNumber { get; private init; }

    internal static PidFdExitStatus Unknown { get; } = new(ExitStatusSource.Unknown);

    /// <summary>
    /// For example <c>exited 3</c>, <c>killed by SIGSEGV (core dumped)</c> or <c>exited, status unknown</c>; of a runtime that cannot tell
    /// the two apart, <c>exited 137 or killed by SIGKILL</c>.
    /// </summary>
    /// <returns>The text.</returns>
    public override string ToString()
    {
        string text = this switch
        {
            { SignalNumber: { } signal } => $"killed by {NameOf(signal)}{(CoreDumped ? " (core dumped)" : "")}",
            { ExitCode: { } code and > SignalExitCodeBase and <= SignalExitCodeBase + SignalNumbers.Max, Source: ExitStatusSource.Runtime } =>
                string.Create(CultureInfo.InvariantCulture, $"exited {code} or killed by {NameOf(code - SignalExitCodeBase)}"),
            { ExitCode: { } code } => string.Create(CultureInfo.InvariantCulture, $"exited {code}"),
            _ => "exited, status unknown",
        };
        return Canceled ? $"{text} (canceled)" : text;
    }

    internal static PidFdExitStatus FromRecord(ExitRecord record) => new(record.Source)
    {
        ExitCode = record.Status.IsSignaled ? SignalExitCodeBase + record.Status.TerminatingSignal : record.Status.ExitCode,
        SignalNumber = record.Status.IsSignaled ? record.Status.TerminatingSignal : null,
        CoreDumped = record.Status.IsCoreDumped,
        ResourceUsage = record.Usage,
    };

    internal static PidFdExitStatus FromRuntime(int exitCode) => new(ExitStatusSource.Runtime) { ExitCode = exitCode };

    /// <summary>A kill was sent. If something else ended the process first, it was not the kill.</summary>
    /// <remarks>The runtime's 137 may be either; every other source tells exit(137) from SIGKILL.</remarks>
    internal PidFdExitStatus AfterKill() =>
        SignalNumber is SignalNumbers.SigKill
        || Source is ExitStatusSource.Unknown
        || (Source is ExitStatusSource.Runtime && ExitCode is SignalExitCodeBase + SignalNumbers.SigKill)
        ? new(Source) { ExitCode = ExitCode, SignalNumber = SignalNumber, CoreDumped = CoreDumped, ResourceUsage = ResourceUsage, Canceled = true }
        : this;

    private static string NameOf(int signal) => signal < SignalNumbers.FirstRealTime
        ? SignalNumbers.NameOf(signal)
        : string.Create(CultureInfo.InvariantCulture, $"signal {signal}");
}
