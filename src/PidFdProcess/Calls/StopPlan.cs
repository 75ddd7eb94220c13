using System.Runtime.InteropServices;
using PidFdProcess.Linux;
using PidFdProcess.Runtime;

namespace PidFdProcess.Calls;

/// <summary>The options of a stop in numbers, after their check.</summary>
/// <param name="Steps">The steps. A step with signal 0 only waits.</param>
/// <param name="Scope">The processes that are signalled and killed.</param>
/// <param name="KillMilliseconds">How long to wait after SIGKILL. -1 waits without end.</param>
internal sealed record StopPlan(IReadOnlyList<TreeStopStep> Steps, ProcessStopScope Scope, int KillMilliseconds)
{
    /// <summary>How long to wait for the exit after SIGKILL by default.</summary>
    public const int DefaultKillMilliseconds = 4000;

    /// <summary>Gets whether descendants are signalled or killed.</summary>
    public bool IsForTree => Scope != ProcessStopScope.Process;

    /// <exception cref="ArgumentOutOfRangeException">No signal has the number, or a time is out of range.</exception>
    public static StopPlan Of(ProcessStopOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        List<TreeStopStep> steps = [];
        foreach (ProcessStopStep step in options.Steps)
        {
            steps.Add(new TreeStopStep(UnixSignals.NumberOf(step.Signal), Durations.Milliseconds(step.Wait, nameof(options))));
        }

        return new StopPlan(steps, options.Scope, Durations.Milliseconds(options.KillTimeout, nameof(options)));
    }

    /// <summary>Makes a plan of one signal and a grace period.</summary>
    public static StopPlan OfSignal(TimeSpan gracePeriod, PosixSignal signal, bool entireProcessTree) => new(
        [new(UnixSignals.NumberOf(signal), Durations.Milliseconds(gracePeriod, nameof(gracePeriod)))],
        entireProcessTree ? ProcessStopScope.EntireTree : ProcessStopScope.Process,
        DefaultKillMilliseconds);

    /// <summary>Makes a plan that waits without a signal, and kills when the time is over.</summary>
    public static StopPlan OfTimeout(TimeSpan timeout, bool entireProcessTree)
    {
        int milliseconds = Durations.Milliseconds(timeout);
        return new StopPlan(
            [new(0, milliseconds)],
            entireProcessTree ? ProcessStopScope.ProcessThenTree : ProcessStopScope.Process,
            Math.Max(milliseconds, DefaultKillMilliseconds));
    }
}
