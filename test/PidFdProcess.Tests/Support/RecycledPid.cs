using System.Diagnostics;
using PidFdProcess.Shared;

namespace PidFdProcess.Tests.Support;

/// <summary>Recycles PIDs for tests, which are inconclusive where that cannot be done.</summary>
internal static class RecycledPid
{
    private const int Tries = 200;

    /// <summary>Gives up the test as inconclusive unless the kernel lets us.</summary>
    public static void Require()
    {
        if (PidRecycler.Hindrance is { } hindrance)
        {
            Assert.Inconclusive(hindrance);
        }
    }

    /// <summary>Starts a sleeper under a free PID.</summary>
    public static Process Start(int processId) => Start(processId, TestProcesses.StartSleeper);

    /// <inheritdoc cref="Start(int, Func{Process}, Action{Process})"/>
    public static Process Start(int processId, Func<Process> start) => Start(processId, start, PidRecycler.End);

    /// <summary>Starts a process under a free PID.</summary>
    public static Process Start(int processId, Func<Process> start, Action<Process> discard)
    {
        Require();
        return PidRecycler.TryStart(processId, start, discard, Tries)
            ?? throw new AssertInconclusiveException($"Another program was faster to get PID {processId} each time.");
    }

    /// <summary>Restarts a process object under the PID of its former run.</summary>
    public static void StartAgain(Process process, int processId)
    {
        Process StartIt()
        {
            process.Start();
            return process;
        }

        Start(processId, StartIt, static each =>
        {
            each.Kill();
            each.WaitForExit();
        });
    }
}
