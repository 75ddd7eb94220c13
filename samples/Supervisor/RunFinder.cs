using System.Globalization;
using System.Text;
using PidFdProcess;
using Process = System.Diagnostics.Process;

namespace Supervisor;

/// <summary>Finds a program that was started just before a crash, so that its identity was not written any more.</summary>
internal static class RunFinder
{
    public const string Variable = "SUPERVISOR_RUN";

    /// <summary>
    /// The process with the name of the run in its environment. Its descendants have it, too, so that it is the one that is above all others.
    /// </summary>
    public static Process? Find(Guid run)
    {
        byte[] mark = Encoding.ASCII.GetBytes($"{Variable}={run:N}\0");
        Dictionary<int, Process> found = [];
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out int id)
                && HasMark(id, mark)
                && ProcessHandleRegistry.Default.TryOpen(id, out Process? process))
            {
                // Once more, because the PID may have been recycled before the pidfd was opened.
                if (HasMark(id, mark) && !process.HasExitedPidFd())
                {
                    found[id] = process;
                }
                else
                {
                    process.Dispose();
                }
            }
        }

        Process? top = found.Values.FirstOrDefault(process => !found.ContainsKey(ParentOf(process.Id)));
        foreach (Process process in found.Values.Where(process => process != top))
        {
            process.Dispose();
        }

        return top;
    }

    private static bool HasMark(int id, byte[] mark)
    {
        try
        {
            byte[] environment = File.ReadAllBytes($"/proc/{id}/environ");
            return environment.AsSpan().StartsWith(mark) || environment.AsSpan().IndexOf((byte[])[0, .. mark]) >= 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static int ParentOf(int id)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{id}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
