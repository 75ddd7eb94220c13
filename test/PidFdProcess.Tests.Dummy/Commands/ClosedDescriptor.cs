using System.Diagnostics;
using System.Globalization;
using PidFdProcess.Shared;

namespace PidFdProcess.Tests.Dummy.Commands;

/// <summary>
/// Other code of this program closes the pidfd of a running child, first without and then with another file under the number. Prints what each
/// call answers: nothing of that is an exit.
/// </summary>
internal static class ClosedDescriptor
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    public static Task RunAsync() => Answers.OnOwnThread(Run);

    private static void Run()
    {
        Process child = Shell.StartSleeper();
        int[] before = PidFds();
        ProcessHandleRegistry.Default.Attach(child);
        int number = PidFds().Except(before).Single();
        _ = Native.Close(number);
        Print(child, "closed");

        // The kernel gives out the lowest free number, so this takes the one of the pidfd after all below are taken.
        List<FileStream> files = [];
        do
        {
            files.Add(new FileStream("/dev/zero", FileMode.Open, FileAccess.Read));
        }
        while ((int)files[^1].SafeFileHandle.DangerousGetHandle() != number);

        Print(child, "reused");
        Answers.Print("the child", child.HasExited ? "has exited" : "runs");
        child.Kill();
        child.WaitForExit();
        Answers.Print("the other file", files[^1].ReadByte() == 0 ? "is open" : "is closed");
    }

    private static void Print(Process child, string state)
    {
        Answers.Ask($"{state}: HasExited", () => child.HasExitedPidFd(), s_limit);
        Answers.Ask($"{state}: WaitForExit(0)", () => child.WaitForExitPidFd(0), s_limit);
        Answers.Ask($"{state}: WaitForExit(10 ms)", () => child.WaitForExitPidFd(10), s_limit);
        Answers.Ask($"{state}: TryWaitForExitStatus", () => child.TryWaitForExitStatusPidFd(TimeSpan.Zero, out _), s_limit);
        Answers.Ask($"{state}: Kill", () => { child.KillViaPidFd(); return "ended"; }, s_limit);
    }

    private static int[] PidFds() =>
    [
        .. Directory.GetFiles("/proc/self/fd")
            .Where(static path => new FileInfo(path).LinkTarget?.Contains("pidfd", StringComparison.Ordinal) == true)
            .Select(static path => int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture)),
    ];
}
