using System.Diagnostics;
using System.Globalization;

namespace PidFdProcess.Tests.Support;

/// <summary>Makes the kernel hand out a PID again, by <c>/proc/sys/kernel/ns_last_pid</c>.</summary>
internal static class RecycledPid
{
    private const string LastPid = "/proc/sys/kernel/ns_last_pid";
    private const int Tries = 200;

    /// <summary>Gives up the test as inconclusive unless the kernel lets us.</summary>
    public static void Require()
    {
        try
        {
            File.WriteAllText(LastPid, File.ReadAllText(LastPid));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Assert.Inconclusive($"{LastPid} cannot be written: {e.Message}");
        }
    }

    /// <summary>Makes the PID the next one that is tried.</summary>
    public static void SetNext(int processId) => File.WriteAllText(LastPid, (processId - 1).ToString(CultureInfo.InvariantCulture));

    /// <summary>Starts a sleeper under a free PID. Others on this machine take PIDs, too, hence many tries.</summary>
    public static Process Start(int processId)
    {
        Require();
        return TryStart(processId, TestProcesses.StartSleeper, Tries)
            ?? throw new AssertInconclusiveException($"Somebody else was faster to get PID {processId} each time.");
    }

    /// <summary>Starts a process under a free PID, or returns <see langword="null"/> if somebody else has that now.</summary>
    public static Process? TryStart(int processId, Func<Process> start, int tries)
    {
        for (int i = 0; i < tries; i++)
        {
            SetNext(processId);
            Process process = start();
            if (process.Id == processId)
            {
                return process;
            }

            process.Kill();
            process.WaitForExit();
            process.Dispose();
        }

        return null;
    }

    /// <summary>Starts a process object anew under the PID of its former run.</summary>
    public static void StartAgain(Process process, int processId)
    {
        for (int i = 0; i < Tries; i++)
        {
            SetNext(processId);
            process.Start();
            if (process.Id == processId)
            {
                return;
            }

            process.Kill();
            process.WaitForExit();
        }

        Assert.Inconclusive($"Somebody else was faster to get PID {processId} each time.");
    }
}
