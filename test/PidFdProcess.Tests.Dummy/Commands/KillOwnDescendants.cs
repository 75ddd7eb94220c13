using System.Diagnostics;

namespace PidFdProcess.Tests.Dummy.Commands;

/// <summary>Kills the descendants of this process, and prints how many are left.</summary>
internal static class KillOwnDescendants
{
    private const int Descendants = 13;

    public static Task RunAsync()
    {
        using Process first = Process.Start("/bin/sh", ["-c", "i=0; while [ $i -lt 10 ]; do sleep 1000 & i=$((i + 1)); done; wait"]);
        using Process second = Process.Start("/bin/sh", ["-c", "exec sleep 1000"]);
        using Process third = Process.Start("/bin/sh", ["-c", "exec sleep 1000"]);
        while (OwnTree.Of(Environment.ProcessId).Count < Descendants + 1)
        {
            Thread.Sleep(1);
        }

        using Process self = Process.GetCurrentProcess();
        self.KillDescendantsViaPidFd();
        first.WaitForExit();
        second.WaitForExit();
        third.WaitForExit();
        Console.WriteLine($"{OwnTree.Of(Environment.ProcessId).Count(OwnTree.IsAlive) - 1} descendants are left");
        return Task.CompletedTask;
    }
}
