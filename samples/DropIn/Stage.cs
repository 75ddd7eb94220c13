using System.Diagnostics;
using System.Globalization;

namespace DropIn;

/// <summary>Lets a service die and gives its PID to a stranger, as a busy machine does sooner or later.</summary>
internal static class Stage
{
    private const string LastPidFile = "/proc/sys/kernel/ns_last_pid";
    private const int Tries = 100;

    /// <summary>Starts a service that another process is the parent of. That parent reaps it at once.</summary>
    public static Process StartService(string pidFile)
    {
        Process parent = Process.Start("/bin/sh", ["-c", "sleep 1000 & echo $! > \"$0.new\" && mv \"$0.new\" \"$0\" && wait", pidFile]);
        while (!File.Exists(pidFile))
        {
            Thread.Sleep(1);
        }

        return parent;
    }

    /// <summary>Ends the service and waits until its PID is free.</summary>
    public static int EndService(string pidFile, Process parent)
    {
        int id = int.Parse(File.ReadAllText(pidFile), CultureInfo.InvariantCulture);
        using (Process service = Process.GetProcessById(id))
        {
            service.Kill();
        }

        parent.WaitForExit();
        File.Delete(pidFile);
        return id;
    }

    /// <summary>Starts a stranger under the PID, or returns <see langword="null"/> if another process was faster.</summary>
    public static Process? StartStranger(int id)
    {
        File.WriteAllText(LastPidFile, (id - 1).ToString(CultureInfo.InvariantCulture));
        Process stranger = Process.Start("/bin/sleep", "1000");
        if (stranger.Id == id)
        {
            return stranger;
        }

        stranger.Kill();
        stranger.WaitForExit();
        stranger.Dispose();
        return null;
    }

    /// <summary>Plays the whole story, again if another process on this machine took the PID.</summary>
    public static string Play(string pidFile)
    {
        for (int i = 0; i < Tries; i++)
        {
            using Supervisor supervisor = new();
            using Process parent = StartService(pidFile);
            supervisor.Adopt(pidFile);
            int id = EndService(pidFile, parent);

            using Process? stranger = StartStranger(id);
            if (stranger is not null)
            {
                supervisor.StopAll();
                string outcome = stranger.WaitForExit(200) ? "was killed" : "lives";
                stranger.Kill();
                stranger.WaitForExit();
                return outcome;
            }
        }

        return $"was not there: another process was faster in {Tries} tries";
    }
}
