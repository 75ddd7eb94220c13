using System.Diagnostics;
using System.Globalization;
using PidFdProcess.Shared;

namespace PidFdProcess.Conformance.Soaking;

/// <summary>Starts processes under a PID that has been another's.</summary>
internal static class SoakRecycling
{
    private const string LastPid = "/proc/sys/kernel/ns_last_pid";
    private const int Tries = 10;

    // Those that try at the same time would take each other's PIDs.
    private static readonly object s_gate = new();

    /// <summary>Gets why no PID can be recycled here; <see langword="null"/> if it can.</summary>
    public static string? Hindrance { get; } = FindHindrance();

    /// <summary>Calls <paramref name="start"/> until the process that it starts has the PID; then that is the one. At least once.</summary>
    /// <returns>Did it get the PID?</returns>
    public static bool TryStart(int processId, Func<Process> start)
    {
        lock (s_gate)
        {
            for (int i = 0; i < Tries; i++)
            {
                if (Hindrance is null)
                {
                    File.WriteAllText(LastPid, (processId - 1).ToString(CultureInfo.InvariantCulture));
                }

                Process process = start();
                if (process.Id == processId)
                {
                    return true;
                }

                if (Hindrance is not null || Native.Kill(processId, 0))
                {
                    break;
                }
            }

            return false;
        }
    }

    private static string? FindHindrance()
    {
        try
        {
            // The value is that of the last PID or near it: nothing changes for anybody.
            File.WriteAllText(LastPid, File.ReadAllText(LastPid));
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{LastPid} is not writable";
        }
    }
}
