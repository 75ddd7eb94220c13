using System.Runtime.InteropServices;

namespace PidFdProcess;

/// <summary>How to stop a process (the signals, the waits between them, and the processes that they are for).</summary>
/// <remarks>
/// SIGCONT follows every signal, so that a stopped process runs its handler. SIGKILL kills the processes that are left after the last step. See
/// <c>signal(7)</c>.
/// </remarks>
public sealed class ProcessStopOptions
{
    private readonly IReadOnlyList<ProcessStopStep> _steps = [new(PosixSignal.SIGTERM, TimeSpan.FromSeconds(5))];

    /// <summary>Initializes options for a stop by SIGTERM, with 5 s until SIGKILL.</summary>
    public ProcessStopOptions()
    {
    }

    /// <summary>Gets the signals in their order. The default is SIGTERM with 5 s. Without a step, the stop kills at once.</summary>
    /// <exception cref="ArgumentNullException">The value is <see langword="null"/>.</exception>
    /// <remarks>
    /// A step may have SIGKILL. If <see cref="Scope"/> is <see cref="ProcessStopScope.Process"/>, its time and the steps after it hold as usual.
    /// Otherwise that step begins the kill at the end of the stop. Its time and the steps after it are ignored, and <see cref="KillTimeout"/> holds.
    /// </remarks>
    public IReadOnlyList<ProcessStopStep> Steps
    {
        get => _steps;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            _steps = value;
        }
    }

    /// <summary>Gets which processes are signalled and killed. The default is the process alone.</summary>
    public ProcessStopScope Scope { get; init; } = ProcessStopScope.Process;

    /// <summary>
    /// Gets how long to wait for the exit after SIGKILL. The default is 4 s. <see cref="Timeout.InfiniteTimeSpan"/> (-1 ms) waits without end. A
    /// process survives SIGKILL while it is in state D or in a frozen cgroup.
    /// </summary>
    public TimeSpan KillTimeout { get; init; } = TimeSpan.FromSeconds(4);
}

/// <summary>One step of a stop.</summary>
/// <param name="Signal">The signal. Positive values are the raw numbers of Linux.</param>
/// <param name="Wait">How long to wait for the exit after it. <see cref="Timeout.InfiniteTimeSpan"/> (-1 ms) waits without end.</param>
public readonly record struct ProcessStopStep(PosixSignal Signal, TimeSpan Wait);

/// <summary>Which processes a stop signals, and which it kills at the end.</summary>
public enum ProcessStopScope
{
    /// <summary>The process alone.</summary>
    Process,

    /// <summary>The process gets the signals. Once it has exited or the time is over, the remaining descendants are killed.</summary>
    ProcessThenTree,

    /// <summary>The process and all its descendants get the signals and are killed.</summary>
    EntireTree,
}
