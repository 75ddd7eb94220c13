using System.Diagnostics;
using PidFdProcess.Shared;

namespace PidFdProcess.Tests.Dummy.Commands;

/// <summary>A program with 256 descriptors, of which a quarter is for its own files. Prints what the library does when few are left.</summary>
internal static class Headroom
{
    private const int Descriptors = 256;
    private const int Free = Descriptors / 4;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    public static Task RunAsync() => Answers.OnOwnThread(Run);

    private static void Run()
    {
        DescriptorRoom.Limit(Descriptors);

        // First, because a pipe that is read loads the assembly, too.
        SixteenthAttachment();
        LongStop();
        OpenedProcess();
    }

    /// <summary>A long stop of a tree that has more members than there are descriptors.</summary>
    private static void LongStop()
    {
        using Process root = Process.Start(Shell.Info(
            "trap '' TERM; i=0; while [ $i -lt 300 ]; do sleep 1000 & i=$((i+1)); done; echo ready; wait", redirectOutput: true))!;
        root.StandardOutput.ReadLine();
        using CancellationTokenSource source = new();
        Task stop = root.StopViaPidFdAsync(s_limit, entireProcessTree: true, cancellationToken: source.Token);
        Condition.WaitFor(() => ProcessTable.OwnPidFds() > 64, "the stop has opened its members", s_limit);

        // The members are opened before the first signal, and they ignore it. So the root stays while this program opens files.
        Answers.Print("room during a stop", Enumerable.Range(0, 100).All(static _ => DescriptorRoom.HasRoomFor(Free - 16)));
        source.Cancel();
        stop.ContinueWith(static _ => { }, TaskScheduler.Default).Wait(s_limit);
        root.KillViaPidFd(entireProcessTree: true);
        root.WaitForExit();
    }

    /// <summary>A process that was opened when there was no room for its pidfd. Later another process has its PID.</summary>
    private static void OpenedProcess()
    {
        if (PidRecycler.Hindrance is { } hindrance)
        {
            Answers.Print("no recycled PID", hindrance);
            return;
        }

        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        long start = Stopwatch.GetTimestamp();
        List<FileStream> files = [];
        while (files.Count == 0 || (int)files[^1].SafeFileHandle.DangerousGetHandle() < Descriptors - Free)
        {
            files.Add(DescriptorRoom.OpenFile());
        }

        using Process opened = ProcessHandleRegistry.Default.Open(nonChild.Id);
        opened.EnableRaisingEvents = false;
        Answers.Print("opened", ProcessHandleRegistry.Default.Attach(opened).Route);
        using ProcessScope scope = new();
        scope.Add(opened);
        nonChild.KillAndWaitUntilReaped();

        // Without pidfds, processes are told apart by start times, which are 10 ms fine.
        Condition.WaitFor(() => Stopwatch.GetElapsedTime(start).TotalMilliseconds > 20, "the clock of start times has gone on", s_limit);
        using Process? stranger = PidRecycler.TryStart(nonChild.Id, Shell.StartSleeper, 200, s_limit);
        ProcessHandleRegistry.Default.Kill(opened);
        Answers.Print("a stranger is spared without room", stranger?.WaitForExit(100) == false);
        scope.StopAsync().GetAwaiter().GetResult();
        Answers.Print("a stranger is spared by a scope", stranger?.WaitForExit(100) == false);
        files.ForEach(static file => file.Dispose());
        ProcessHandleRegistry.Default.Kill(opened);
        Answers.Print("a stranger is spared with room", stranger?.WaitForExit(100) == false);
        stranger?.Kill();
    }

    /// <summary>The attachment at which the meter would be made, while no assembly can be loaded.</summary>
    private static void SixteenthAttachment()
    {
        Process[] children = [.. Enumerable.Range(0, 40).Select(static _ => Shell.StartSleeper())];

        // The code of the calls, and what the runtime needs for a reap, is loaded with room.
        children[0].KillViaPidFd();
        children[0].WaitForExit();
        _ = children[0].ExitTime;
        List<FileStream> files = [];
        try
        {
            while (true)
            {
                files.Add(DescriptorRoom.OpenFile());
            }
        }
        catch (IOException)
        {
            // No descriptor is left.
        }

        int killed = 0;
        foreach (Process child in children)
        {
            child.KillViaPidFd();
            killed += child.WaitForExit(s_limit) ? 1 : 0;
        }

        files.ForEach(static file => file.Dispose());
        Answers.Print("killed without a descriptor", killed);
        Answers.Print(
            "the meter's assembly is loaded",
            AppDomain.CurrentDomain.GetAssemblies().Any(static each => each.GetName().Name == "System.Diagnostics.DiagnosticSource"));
    }
}
