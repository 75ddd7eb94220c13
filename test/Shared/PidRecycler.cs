using System.Diagnostics;
using System.Globalization;

namespace PidFdProcess.Shared;

/// <summary>Makes the kernel assign a PID again, through <c>/proc/sys/kernel/ns_last_pid</c>.</summary>
internal static class PidRecycler
{
    private const string LastPid = "/proc/sys/kernel/ns_last_pid";

    // Two threads that force PIDs at the same time would take each other's.
    private static readonly object s_gate = new();

    /// <summary>Gets why no PID can be recycled here, or <see langword="null"/> if it can.</summary>
    public static string? Hindrance { get; } = FindHindrance();

    /// <summary>Makes the kernel try this PID next.</summary>
    public static void SetNext(int processId) => File.WriteAllText(LastPid, (processId - 1).ToString(CultureInfo.InvariantCulture));

    /// <summary>
    /// Calls <paramref name="start"/> until it returns a process with the PID. Other programs take PIDs too, so a process with another PID goes to
    /// <paramref name="discard"/> before the next try.
    /// </summary>
    /// <param name="processId">The PID.</param>
    /// <param name="start">Starts a process.</param>
    /// <param name="discard">Ends a process with another PID.</param>
    /// <param name="tries">How many processes to start at most.</param>
    /// <param name="patience">How long to wait for another program that has the PID.</param>
    /// <returns>The process, or <see langword="null"/> if another program got the PID in each try or keeps it, or there is a hindrance.</returns>
    public static Process? TryStart(int processId, Func<Process> start, Action<Process> discard, int tries, TimeSpan patience = default)
    {
        lock (s_gate)
        {
            for (int i = 0; i < tries && Hindrance is null && Condition.TryWaitFor(() => !Native.Kill(processId, 0), patience); i++)
            {
                SetNext(processId);
                Process process = start();
                if (process.Id == processId)
                {
                    return process;
                }

                discard(process);
            }

            return null;
        }
    }

    /// <inheritdoc cref="TryStart(int, Func{Process}, Action{Process}, int, TimeSpan)"/>
    public static Process? TryStart(int processId, Func<Process> start, int tries, TimeSpan patience = default) =>
        TryStart(processId, start, End, tries, patience);

    /// <summary>Ends a process that did not get the PID.</summary>
    public static void End(Process process)
    {
        process.Kill();
        process.WaitForExit();
        process.Dispose();
    }

    private static string? FindHindrance()
    {
        try
        {
            // The value is that of the last PID or near it, so nothing changes for other programs.
            File.WriteAllText(LastPid, File.ReadAllText(LastPid));
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{LastPid} is not writable: {e.Message}";
        }
    }
}
