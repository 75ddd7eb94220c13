using System.Diagnostics;
using PidFdProcess;

namespace QuickStart;

/// <summary>Kills a process that is gone and whose PID has a new owner, which is one of our own sleepers.</summary>
internal static class RecycledPid
{
    private const string LastPidFile = "/proc/sys/kernel/ns_last_pid";
    private const int Tries = 100;

    public static void Show(Cast cast)
    {
        Screen.Title("Which process dies when the PID was recycled?");
        List<string[]> rows = [];
        try
        {
            rows.Add(["GetProcessById(pid), later Kill()", Outcome(cast, id => Process.GetProcessById(id), process => process.Kill())]);
            rows.Add(["Open(pid), later KillViaPidFd()", Outcome(cast, ProcessHandleRegistry.Default.Open, process => process.KillViaPidFd())]);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            Screen.Line($"Not shown: needs root, because only root may force a PID to be reused, by {LastPidFile} ({e.Message})");
            return;
        }

        Screen.Table(["on the object of the dead process", "the innocent process with its PID"], rows);
    }

    private static string Outcome(Cast cast, Func<int, Process> open, Action<Process> kill)
    {
        for (int i = 0; i < Tries; i++)
        {
            NonChildProcess nonChild = cast.StartNonChild(reapsAtOnce: true);
            using Process dead = open(nonChild.Id);
            Process.GetProcessById(nonChild.Id).Kill();
            nonChild.WaitUntilReaped();

            File.WriteAllText(LastPidFile, $"{nonChild.Id - 1}");
            Process innocent = cast.StartChild("exec sleep 1000");
            if (innocent.Id == nonChild.Id)
            {
                kill(dead);
                return innocent.WaitForExit(TimeSpan.FromMilliseconds(200)) ? "was killed" : "lives";
            }
        }

        return $"not shown: another process was faster in {Tries} tries";
    }
}
