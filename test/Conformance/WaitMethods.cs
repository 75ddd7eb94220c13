using System.Diagnostics;

namespace PidFdProcess.Conformance;

/// <summary>All methods that wait for an exit.</summary>
internal static class WaitMethods
{
    private static readonly int s_limit = (int)Check.Limit.TotalMilliseconds;

    /// <summary>Gets the waits for an exit. The task of each ends with the exit.</summary>
    public static Func<ProcessHandleRegistry, Process, Task>[] ForExit { get; } =
    [
        (registry, process) => Run(() => Check.That(registry.WaitForExit(process, -1))),
        (registry, process) => Run(() => Check.That(registry.WaitForExit(process, s_limit))),
        (registry, process) => registry.WaitForExitAsync(process).WaitAsync(Check.Limit),
        (registry, process) => Run(() => Check.Eventually(() => registry.HasExited(process))),
    ];

    /// <summary>Gets the waits for an exit status.</summary>
    public static Func<ProcessHandleRegistry, Process, Task<PidFdExitStatus>>[] ForStatus { get; } =
    [
        (registry, process) => Run(() => registry.WaitForExitStatus(process)),
        (registry, process) => Run(() =>
        {
            Check.That(registry.TryWaitForExitStatus(process, Check.Limit, out PidFdExitStatus? status));
            return status!;
        }),
        (registry, process) => registry.WaitForExitStatusAsync(process).WaitAsync(Check.Limit),
    ];

    private static Task Run(Action wait) => Task.Factory.StartNew(wait, TaskCreationOptions.LongRunning).WaitAsync(Check.Limit);

    private static Task<T> Run<T>(Func<T> wait) => Task.Factory.StartNew(wait, TaskCreationOptions.LongRunning).WaitAsync(Check.Limit);
}
