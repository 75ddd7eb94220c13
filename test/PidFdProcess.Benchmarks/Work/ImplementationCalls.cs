using System.Diagnostics;
using PidFdProcess.Benchmarks.Measuring;

namespace PidFdProcess.Benchmarks.Work;

/// <summary>The calls of one implementation.</summary>
internal sealed record ImplementationCalls(
    Action<Process> Attach,
    Func<int, Process> Open,
    Action<Process> Kill,
    Action<Process> KillTree,
    Action<Process> WaitForExit,
    Func<Process, Task> WaitForExitAsync,
    Func<Process[], Task> WaitForOneAfterAnother,
    Action<Process[]> StopAll)
{
    public static ImplementationCalls Stock { get; } = new(
        static _ => { },
        Process.GetProcessById,
        static process => process.Kill(),
        static process => process.Kill(entireProcessTree: true),
        static process => process.WaitForExit(),
        static process => process.WaitForExitAsync(),
        static async processes =>
        {
            Dictionary<Task, Process> left = processes.ToDictionary(static process => process.WaitForExitAsync());
            while (left.Count > 0)
            {
                left.Remove(await Task.WhenAny(left.Keys).ConfigureAwait(false));
            }
        },
        static processes => Array.ForEach(processes, static process =>
        {
            process.Kill();
            process.WaitForExit();
        }));

    public static ImplementationCalls PidFd { get; } = new(
        static process => ProcessHandleRegistry.Default.Attach(process),
        ProcessHandleRegistry.Default.Open,
        static process => process.KillViaPidFd(),
        static process => process.KillViaPidFd(entireProcessTree: true),
        static process => process.WaitForExitPidFd(),
        static process => process.WaitForExitPidFdAsync(),
        static async processes =>
        {
            List<Process> left = [.. processes];
            while (left.Count > 0)
            {
                left.Remove(await left.WhenAnyExitPidFdAsync().ConfigureAwait(false));
            }
        },
        static processes =>
        {
            using ProcessScope scope = new(new ProcessScopeOptions { EntireProcessTree = false });
            Array.ForEach(processes, scope.Add);
        });

    public static ImplementationCalls Of(string implementation) => implementation == Implementation.Stock ? Stock : PidFd;
}
