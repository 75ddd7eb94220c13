using System.Diagnostics;

namespace PidFdProcess.Tests.Dummy.Commands;

/// <summary>A program with 256 descriptors attaches 300 children. Prints whether it keeps room for its own files and runs to its end.</summary>
internal static class FewDescriptors
{
    private const int Descriptors = 256;
    private const int Children = 300;

    // What the kernel gave out before the limit was set may lie above it.
    private const int Headroom = Descriptors / 4;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    public static Task RunAsync() => Answers.OnOwnThread(Run);

    private static void Run()
    {
        DescriptorRoom.Limit(Descriptors);
        Process[] children = [.. Enumerable.Range(0, Children).Select(static _ => Start())];
        ProcessAttachment[] attachments = Array.ConvertAll(children, ProcessHandleRegistry.Default.Attach);
        ProcessAttachment refused = Array.Find(attachments, static each => each.Route == ProcessRoute.Stock)!;
        Answers.Print("through pidfds", Array.Exists(attachments, static each => each.Route == ProcessRoute.PidFd));
        Answers.Print("without", refused?.Reason);
        Answers.Print("room for files", DescriptorRoom.HasRoomFor(Headroom - 8));

        Process last = Array.Find(children, child => child.Id == refused?.ProcessId)!;
        for (int i = 0; i < Children / 4; i++)
        {
            ProcessHandleRegistry.Default.Kill(children[i]);
            children[i].WaitForExit();
            ProcessHandleRegistry.Default.Detach(children[i]);
        }

        Answers.Print("later", ProcessHandleRegistry.Default.Attach(last).Route);
        Task[] waits = [.. children.Select(static child => child.WaitForExitPidFdAsync())];
        Array.ForEach(children, static child => child.KillViaPidFd());
        Answers.Print("all waits end", Task.WaitAll(waits, s_limit));
        Answers.Print("killed", children.Count(static child => child.ExitCode == 137));
    }

    private static Process Start()
    {
        Process child = new() { StartInfo = new ProcessStartInfo("/bin/sleep", ["1000"]) };
        child.StartWithPidFd();
        return child;
    }
}
