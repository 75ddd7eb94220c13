using System.Diagnostics;
using System.Runtime.InteropServices;
using PidFdProcess.Shared;

namespace PidFdProcess.Tests.Dummy.Commands;

/// <summary>Ends trees while this process has 0 to 8 free descriptors. Prints what each call did, and how many processes it left.</summary>
internal static unsafe class EndTreeWithoutDescriptors
{
    private const int DuplicateDescriptor = 0;
    private const ulong Limit = 400;
    private const int MaxFree = 8;
    private const string Deep = "f() { if [ $1 -gt 1 ]; then f $(($1 - 1)) & wait; else exec sleep 1000; fi; }; f 12";
    private const string Wide = "i=1; while [ $i -lt 12 ]; do sleep 1000 & i=$((i + 1)); done; wait";
    private const int Count = 12;

    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(30);

    public static Task RunAsync(string call, string shape, bool isAttachedBefore)
    {
        string script = shape == "deep" ? Deep : Wide;

        // All code is loaded before the descriptors are gone.
        using (Process first = Start(script))
        {
            End(call, first);
            first.Kill();
            first.WaitForExit();
        }

        Native.Limits limits = new(Limit, Limit);
        if (Native.SetLimit(Native.DescriptorLimit, &limits) != 0)
        {
            throw new InvalidOperationException("setrlimit failed");
        }

        for (int free = 0; free <= MaxFree; free++)
        {
            Console.WriteLine($"{free} free: {Run(call, script, free, isAttachedBefore)}");
        }

        return Task.CompletedTask;
    }

    private static string Run(string call, string script, int free, bool isAttachedBefore)
    {
        using Process root = Start(script);
        if (isAttachedBefore)
        {
            _ = root.HasExitedPidFd();
        }

        List<int> tree = OwnTree.Of(root.Id);
        List<int> taken = [];
        for (int fd; (fd = Native.Fcntl(1, DuplicateDescriptor, 0)) >= 0;)
        {
            taken.Add(fd);
        }

        foreach (int fd in taken.TakeLast(free))
        {
            _ = Native.Close(fd);
        }

        string outcome = "returned";
        try
        {
            End(call, root);
        }
        catch (Exception e)
        {
            outcome = $"{e.GetType().Name}: {e.Message}";
        }

        foreach (int fd in taken.SkipLast(free))
        {
            _ = Native.Close(fd);
        }

        if (call == "descendants")
        {
            root.Kill();
        }

        root.WaitForExit();
        Stopwatch watch = Stopwatch.StartNew();
        while (tree.Exists(OwnTree.IsAlive) && watch.Elapsed.TotalSeconds < 10)
        {
            Thread.Sleep(1);
        }

        int left = tree.Count(OwnTree.IsAlive);
        foreach (int id in tree.Where(OwnTree.IsAlive))
        {
            using Process survivor = Process.GetProcessById(id);
            survivor.Kill();
        }

        return $"{outcome}, {left} left";
    }

    private static void End(string call, Process root)
    {
        switch (call)
        {
            case "kill":
                root.KillViaPidFd(entireProcessTree: true);
                break;
            case "stop":
                root.StopViaPidFd(s_grace, PosixSignal.SIGTERM, entireProcessTree: true);
                break;
            default:
                root.KillDescendantsViaPidFd();
                break;
        }
    }

    private static Process Start(string script)
    {
        Process root = Process.Start("/bin/sh", ["-c", script]);
        while (OwnTree.Of(root.Id).Count < Count)
        {
            Thread.Sleep(1);
        }

        return root;
    }
}
