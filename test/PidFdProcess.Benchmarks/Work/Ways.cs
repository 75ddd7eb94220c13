using System.Diagnostics;
using PidFdProcess.Benchmarks.Measuring;

namespace PidFdProcess.Benchmarks.Work;

/// <summary>What a contender calls.</summary>
internal sealed record Ways(
    Action<Process> Attach,
    Func<int, Process> Open,
    Action<Process> Kill,
    Action<Process> WaitForExit,
    Func<Process, Task> WaitForExitAsync)
{
    public static Ways Stock { get; } = new(
        static _ => { },
        Process.GetProcessById,
        static process => process.Kill(),
        static process => process.WaitForExit(),
        static process => process.WaitForExitAsync());

    public static Ways PidFd { get; } = new(
        static process => ProcessHandleRegistry.Default.Attach(process),
        ProcessHandleRegistry.Default.Open,
        static process => process.KillViaPidFd(),
        static process => process.WaitForExitPidFd(),
        static process => process.WaitForExitPidFdAsync());

    public static Ways Of(string contender) => contender == Contender.Stock ? Stock : PidFd;
}
