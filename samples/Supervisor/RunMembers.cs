using System.ComponentModel;
using System.Globalization;
using System.Text;
using PidFdProcess;
using Process = System.Diagnostics.Process;

namespace Supervisor;

/// <summary>
/// The processes of a run whose first process is gone. A supervisor that is killed during a stop can leave these descendants behind.
/// </summary>
internal static class RunMembers
{
    private const int MaxLooks = 100;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(5);

    /// <summary>Kills all processes that have the name of the run in their environment.</summary>
    /// <returns>Their number.</returns>
    /// <exception cref="AggregateException">Some could not be killed, or they start new processes faster than these are found.</exception>
    public static int Kill(Guid run)
    {
        byte[] mark = Encoding.ASCII.GetBytes($"{GatedStart.RunVariable}={run:N}\0");
        Dictionary<int, Exception> failures = [];
        int killed = 0;
        for (int look = 0; look < MaxLooks; look++)
        {
            // A member may start another process during the look, so look again until there is none.
            int found = Ids().Count(id => HasMark(id, mark) && TryKill(id, mark, failures));
            killed += found;
            if (found == 0)
            {
                return failures.Count == 0 ? killed : throw new AggregateException(failures.Values);
            }
        }

        throw new AggregateException([.. failures.Values, new TimeoutException($"Run {run} has started processes in each of {MaxLooks} looks.")]);
    }

    /// <summary>Kills the process unless it is a stranger, because the PID was recycled before the pidfd was opened.</summary>
    private static bool TryKill(int id, byte[] mark, Dictionary<int, Exception> failures)
    {
        failures.Remove(id);
        try
        {
            if (!ProcessHandleRegistry.Default.TryOpen(id, out Process? process))
            {
                return false;
            }

            using (process)
            {
                if (!HasMark(id, mark) || process.HasExitedPidFd())
                {
                    return false;
                }

                process.KillViaPidFd(entireProcessTree: true);
                return process.WaitForExitPidFd(s_limit) ? true : throw new TimeoutException($"Process {id} is alive {s_limit} after SIGKILL.");
            }
        }
        catch (Exception e) when (e is Win32Exception or TimeoutException or AggregateException or InvalidOperationException)
        {
            failures[id] = e;
            return false;
        }
    }

    private static IEnumerable<int> Ids()
    {
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out int id))
            {
                yield return id;
            }
        }
    }

    // The environment of a zombie is empty.
    private static bool HasMark(int id, byte[] mark)
    {
        try
        {
            ReadOnlySpan<byte> environment = File.ReadAllBytes(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/environ"));
            return environment.StartsWith(mark) || environment.IndexOf((byte[])[0, .. mark]) >= 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
