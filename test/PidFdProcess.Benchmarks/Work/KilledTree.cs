using System.Diagnostics;
using System.Globalization;
using PidFdProcess.Benchmarks.Measuring;

namespace PidFdProcess.Benchmarks.Work;

/// <summary>A tree of shells and their children, killed from its root, from right before the kill until all members have exited.</summary>
internal static class KilledTree
{
    private const int SigKill = 9;
    private const int WarmUp = 20;

    private static bool s_isWarm;

    /// <summary>Kills the tree that a script starts, which prints the PIDs of all members. Returns the limit if that was too short.</summary>
    public static TimeSpan Kill(ImplementationCalls calls, int members, TimeSpan limit, string script)
    {
        // Otherwise the compiler is measured, which competes for the processors.
        for (int i = 0; i < WarmUp && !s_isWarm; i++)
        {
            KillOnce(calls, 2, limit, "sleep 1000 >/dev/null & echo $!; echo $$; wait");
        }

        s_isWarm = true;
        return KillOnce(calls, members, limit, script);
    }

    private static TimeSpan KillOnce(ImplementationCalls calls, int members, TimeSpan limit, string script)
    {
        using Process root = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", script]) { RedirectStandardOutput = true })!;
        SafePidFdHandle[] pidFds = new SafePidFdHandle[members];
        for (int i = 0; i < members; i++)
        {
            pidFds[i] = RawCalls.Open(int.Parse(root.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture));
        }

        // The stock kill of a large tree takes minutes, because it lists all processes again for every member.
        Thread killer = new(() => calls.KillTree(root)) { IsBackground = true };
        long start = Stopwatch.GetTimestamp();
        killer.Start();
        bool done = Array.TrueForAll(pidFds, pidFd => HasExited(pidFd, start, limit));
        TimeSpan took = done ? Stopwatch.GetElapsedTime(start) : limit;
        Array.ForEach(pidFds, pidFd =>
        {
            if (!done)
            {
                RawCalls.SendSignal(pidFd, SigKill);
            }

            pidFd.Dispose();
        });
        killer.Join(limit);
        root.WaitForExit();
        return took;
    }

    private static bool HasExited(SafePidFdHandle pidFd, long start, TimeSpan limit)
    {
        TimeSpan left;
        while ((left = limit - Stopwatch.GetElapsedTime(start)) > TimeSpan.Zero)
        {
            if (RawCalls.Poll(pidFd, (int)left.TotalMilliseconds + 1))
            {
                return true;
            }
        }

        return RawCalls.Poll(pidFd, 0);
    }
}
