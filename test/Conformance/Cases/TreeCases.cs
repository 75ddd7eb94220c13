using System.Diagnostics;
using System.Globalization;
using PidFdProcess.Shared;

namespace PidFdProcess.Conformance;

internal static class TreeCases
{
    public static Case[] All { get; } =
    [
        new("tree-kill", Needs.Proc, KillTree),
        new("tree-kill-forking", Needs.PidFds | Needs.Proc, KillForkingTree),
        new("tree-kill-hidden", Needs.PidFds | Needs.Proc, KillTreeWithHiddenMember),
        new("tree-with-caller", Needs.Proc, KillOwnTreeAsync),
        new("tree-stop", Needs.PidFds | Needs.Proc, StopTreeAsync),
    ];

    // A shell with two shells of two sleepers each. All print their PIDs.
    private static PipedProcess StartTree(out int[] members)
    {
        const string Branch = "( sleep 1000 & echo $!; sleep 1000 & echo $!; wait ) & echo $!;";
        PipedProcess root = new($"{Branch} {Branch} wait");
        members = [Host.Parse(root.FirstLine), .. Enumerable.Range(0, 5).Select(_ => Host.Parse(root.ReadLine()))];
        return root;
    }

    private static void KillTree(ProcessHandleRegistry registry)
    {
        using Process root = StartTree(out int[] members);
        registry.Kill(root, entireProcessTree: true);
        Check.That(registry.WaitForExit(root, 60_000));
        Check.Equal(137, root.ExitCode);
        RequireGone(members);

        // Once more, when it has exited.
        registry.Kill(root, entireProcessTree: true);

        // Without descendants, and without the flag.
        using Process alone = Shell.StartSleeper();
        registry.Kill(alone, entireProcessTree: true);
        Check.That(registry.WaitForExit(alone, 60_000));
        using Process plain = StartTree(out members);
        registry.Kill(plain, entireProcessTree: false);
        Check.That(registry.WaitForExit(plain, 60_000));
        Check.That(members.All(id => ProcessTable.StateOf(id) is not (null or 'Z' or 'X')));
        Array.ForEach(members, Native.KillByPid);
        RequireGone(members);
    }

    private static async Task StopTreeAsync(ProcessHandleRegistry registry)
    {
        using Process root = StartTree(out int[] members);
        PidFdExitStatus status = await registry.StopAsync(root, Check.Limit * 2, entireProcessTree: true).WaitAsync(Check.Limit);
        Check.Equal<int?>(143, status.ExitCode);
        Check.That(!status.Canceled, status.ToString());
        RequireGone(members);
    }

    private static void KillForkingTree(ProcessHandleRegistry registry)
    {
        // The processes of the tree alone have this working directory.
        string mark = Path.Combine(Path.GetTempPath(), $"conformance-{Guid.NewGuid():N}");
        Directory.CreateDirectory(mark);
        try
        {
            const string Fork = "while :; do ( sleep 3 & sleep 3 & wait ) & sleep 0.01; done";
            using Process root = Process.Start(
                new ProcessStartInfo(Shell.Path, ["-c", $"( {Fork} ) & ( {Fork} ) & wait"]) { WorkingDirectory = mark })!;
            Check.Eventually(() => ProcessesIn(mark).Count() >= 12);
            registry.Kill(root, entireProcessTree: true);
            Check.That(registry.WaitForExit(root, 60_000));

            // A process that was sent SIGKILL may live for a moment. One that forked after the kill would fork on.
            Check.Eventually(() => !ProcessesIn(mark).Any());
        }
        finally
        {
            Directory.Delete(mark);
        }
    }

    private static void KillTreeWithHiddenMember(ProcessHandleRegistry registry)
    {
        // hidepid= hides a process from its own user too, if that user may not read its program.
        DirectoryInfo directory = Directory.CreateTempSubdirectory("conformance");
        try
        {
            string program = Path.Combine(directory.FullName, Path.GetFileName(Shell.Path));
            File.Copy(Shell.Path, program);
            File.SetUnixFileMode(program, UnixFileMode.UserExecute);
            using PipedProcess root = new($"exec 3<&0; {program} -c 'echo $$; read line <&3' & wait");
            using Process hidden = registry.Open(Host.Parse(root.FirstLine));
            registry.Kill(root, entireProcessTree: true);
            Check.That(registry.WaitForExit(root, 60_000));
            Check.That(registry.WaitForExit(hidden, 60_000));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static async Task KillOwnTreeAsync(ProcessHandleRegistry registry)
    {
        using Process self = Process.GetCurrentProcess();
        InvalidOperationException e = Check.Throws<InvalidOperationException>(() => registry.Kill(self, entireProcessTree: true));
        Check.That(e.Message.Contains("calling process", StringComparison.Ordinal), e.Message);

        // As stock.
        Check.Throws<InvalidOperationException>(() => self.Kill(entireProcessTree: true));

        // The process that started this one, unless this one is the first of its PID namespace.
        if (ProcessTable.ParentOf(Environment.ProcessId) is { } parentId and > 0)
        {
            using Process parent = Process.GetProcessById(parentId);
            Check.Throws<InvalidOperationException>(() => registry.Kill(parent, entireProcessTree: true));
            Check.That(ProcessTable.StateOf(parentId) != 'T');
            if (registry.Support.IsSupported)
            {
                await Check.ThrowsAsync<InvalidOperationException>(registry.StopAsync(parent, TimeSpan.Zero, entireProcessTree: true));
            }

            Check.That(!parent.HasExited);
        }
    }

    private static IEnumerable<int> ProcessesIn(string directory)
    {
        foreach (string entry in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(entry), CultureInfo.InvariantCulture, out int id) && LinkOf($"{entry}/cwd") == directory)
            {
                yield return id;
            }
        }
    }

    private static string? LinkOf(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // The process that inherits them may leave them zombies.
    private static void RequireGone(int[] members) =>
        Check.Eventually(() => members.All(id => ProcessTable.StateOf(id) is null or 'Z' or 'X'));
}
