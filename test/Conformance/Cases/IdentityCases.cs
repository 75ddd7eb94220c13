using System.Diagnostics;
using System.Globalization;
using PidFdProcess.Shared;

namespace PidFdProcess.Conformance;

/// <summary>Names that outlive a program, and processes that are opened by another thing than a PID.</summary>
internal static class IdentityCases
{
    private const int Tries = 2000;

    public static Case[] All { get; } =
    [
        new("identity-child", Needs.Nothing, NameChild),
        new("identity-non-child", Needs.Nothing, NameNonChild),
        new("identity-zombie", Needs.Nothing, NameZombie),
        new("identity-of-the-dead", Needs.Nothing, NameDead),
        new("identity-of-another-boot", Needs.Nothing, NameOfAnotherBoot),
        new("identity-recycled", Needs.Proc, SpareStranger),
        new("open-by-name", Needs.Proc, OpenByName),
        new("open-pidfd", Needs.PidFds, OpenPidFd),
        new("open-pid-file", Needs.Proc, OpenPidFile),
        new("open-parent", Needs.Nothing, OpenParent),
        new("children-and-descendants", Needs.Proc, OpenRelatives),
        new("tree-exit", Needs.Proc, WaitForTreeAsync),
    ];

    private static void NameChild(ProcessHandleRegistry registry)
    {
        using Process child = Shell.StartSleeper();
        RequireOpens(registry, registry.GetIdentity(child), child.Id);
        registry.Kill(child);
        registry.WaitForExit(child, -1);
    }

    private static void NameNonChild(ProcessHandleRegistry registry)
    {
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        using Process process = registry.Open(nonChild.Id);
        RequireOpens(registry, registry.GetIdentity(process), nonChild.Id);
    }

    private static void NameZombie(ProcessHandleRegistry registry)
    {
        using NonChildProcess nonChild = NonChildProcess.StartUnreaped();
        using Process process = registry.Open(nonChild.Id);
        ProcessIdentity identity = registry.GetIdentity(process);
        nonChild.Signal();
        Check.Eventually(() => !ProcessTable.Exists || ProcessTable.StateOf(nonChild.Id) == 'Z');
        Check.Equal(identity, registry.GetIdentity(process));
        RequireOpens(registry, identity, nonChild.Id);
    }

    private static void NameDead(ProcessHandleRegistry registry)
    {
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        using Process process = registry.Open(nonChild.Id);
        using Process child = Shell.StartSleeper();
        ProcessIdentity ofNonChild = registry.GetIdentity(process);
        ProcessIdentity ofChild = registry.GetIdentity(child);
        Check.That(ofNonChild != ofChild);
        registry.Kill(child);
        registry.WaitForExit(child, -1);
        nonChild.KillAndWaitUntilReaped();
        RequireGone(registry, ofNonChild);
        RequireGone(registry, ofChild);
        Check.Throws<InvalidOperationException>(() => registry.GetIdentity(process));
        Check.Throws<InvalidOperationException>(() => registry.GetIdentity(child));
    }

    private static void NameOfAnotherBoot(ProcessHandleRegistry registry)
    {
        using Process self = Process.GetCurrentProcess();
        ProcessIdentity identity = registry.GetIdentity(self);
        Check.Equal(ProcessTable.Exists || File.Exists("/proc/sys/kernel/random/boot_id"), identity.BootId is not null);
        ProcessIdentity other = identity with { BootId = Guid.NewGuid() };
        Check.That(identity != other);
        if (identity.BootId is null)
        {
            Check.Throws<PlatformNotSupportedException>(() => registry.Open(other));
            return;
        }

        RequireGone(registry, other);
    }

    private static void SpareStranger(ProcessHandleRegistry registry)
    {
        if (PidRecycler.Hindrance is { } hindrance)
        {
            throw new SkipException(hindrance);
        }

        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        using Process process = registry.Open(nonChild.Id);
        ProcessIdentity identity = registry.GetIdentity(process);
        nonChild.KillAndWaitUntilReaped();

        // Start ticks do not tell apart what started within one tick.
        Check.Eventually(() => StartsLater(registry, identity));
        using Process stranger = PidRecycler.TryStart(nonChild.Id, Shell.StartSleeper, Tries, Check.Limit)
            ?? throw new SkipException($"no process got PID {nonChild.Id} in {Tries} tries");
        RequireGone(registry, identity);
        Check.That(registry.GetIdentity(stranger) != identity);
        RequireOpens(registry, registry.GetIdentity(stranger), stranger.Id);
        registry.Kill(stranger);
        registry.WaitForExit(stranger, -1);
    }

    private static bool StartsLater(ProcessHandleRegistry registry, ProcessIdentity identity)
    {
        using Process other = Shell.StartSleeper();
        bool isLater = registry.GetIdentity(other).StartTicks > identity.StartTicks;
        registry.Kill(other);
        registry.WaitForExit(other, -1);
        return isLater;
    }

    private static void OpenByName(ProcessHandleRegistry registry)
    {
        using Process child = Shell.StartSleeper();
        string name = "";
        Process[] found = [];
        Check.Eventually(() =>
        {
            // The name changes when the shell runs sleep. BusyBox changes it once more.
            child.Refresh();
            name = child.ProcessName;
            found = registry.OpenByName(name.ToUpperInvariant());
            if (name != Path.GetFileName(Shell.Path) && found.Any(process => process.Id == child.Id))
            {
                return true;
            }

            Array.ForEach(found, process => Close(registry, process));
            return false;
        });
        Check.Equal(1, found.Count(process => process.Id == child.Id));
        Check.That(found.All(process => registry.TryGetAttachment(process, out _)));
        RequireRoute(registry, found.Single(process => process.Id == child.Id));
        Array.ForEach(found, process => Close(registry, process));
        registry.Kill(child);
        registry.WaitForExit(child, -1);
        Check.That(!registry.OpenByName(name).Any(process => Close(registry, process) == child.Id));
    }

    private static void OpenPidFd(ProcessHandleRegistry registry)
    {
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        using Process process = registry.Open(nonChild.Id);
        Check.That(registry.TryGetPidFd(process, out SafePidFdHandle? pidFd));
        using (pidFd)
        {
            using Process same = registry.Open(pidFd!);
            Check.Equal(nonChild.Id, same.Id);
            RequireRoute(registry, same);
            Check.That(!pidFd!.IsClosed);
            nonChild.KillAndWaitUntilReaped();
            Check.Throws<ArgumentException>(() => registry.Open(pidFd));
        }

        using FileStream file = File.OpenRead(Environment.ProcessPath!);
        using SafePidFdHandle noPidFd = new(file.SafeFileHandle.DangerousGetHandle(), ownsHandle: false);
        Check.Throws<ArgumentException>(() => registry.Open(noPidFd));
    }

    private static void OpenPidFile(ProcessHandleRegistry registry)
    {
        string path = Path.GetTempFileName();
        try
        {
            using NonChildProcess nonChild = NonChildProcess.StartReaped();
            File.WriteAllText(path, $"{nonChild.Id}\n");
            using Process process = registry.OpenPidFile(path);
            Check.Equal(nonChild.Id, process.Id);
            RequireRoute(registry, process);

            // A file from before the process, and from after it.
            File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddDays(-1));
            Check.Throws<ArgumentException>(() => registry.OpenPidFile(path));
            File.WriteAllText(path, "no PID\n");
            Check.Throws<FormatException>(() => registry.OpenPidFile(path));
            File.WriteAllText(path, nonChild.Id.ToString(CultureInfo.InvariantCulture));
            nonChild.KillAndWaitUntilReaped();
            Check.Throws<ArgumentException>(() => registry.OpenPidFile(path));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static void OpenParent(ProcessHandleRegistry registry)
    {
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        using Process process = registry.Open(nonChild.Id);
        using Process parent = registry.OpenParent(process);
        Check.Equal(nonChild.ParentId, parent.Id);
        RequireRoute(registry, parent);
        using Process self = registry.OpenParent(parent);
        Check.Equal(Environment.ProcessId, self.Id);
        nonChild.KillAndWaitUntilReaped();
        Check.Throws<InvalidOperationException>(() => registry.OpenParent(process));

        switch (ProcessTable.Exists ? ProcessTable.ParentOf(Environment.ProcessId) : null)
        {
            case null:
                break;
            case 0:
                Check.Throws<InvalidOperationException>(() => ProcessHandleRegistry.OpenParent());
                break;
            case { } id:
                Process own = ProcessHandleRegistry.OpenParent();
                Check.Equal(id, own.Id);
                Close(ProcessHandleRegistry.Default, own);
                break;
        }
    }

    private static void OpenRelatives(ProcessHandleRegistry registry)
    {
        using PipedProcess root = StartFamily(out int child, out int grandchild);
        RequireEqual(registry, [child], registry.GetChildren(root));
        RequireEqual(registry, [child, grandchild], registry.GetDescendants(root));
        registry.Kill(root, entireProcessTree: true);
        Check.That(registry.WaitForExit(root, -1));
        RequireEqual(registry, [], registry.GetDescendants(root));
    }

    private static async Task WaitForTreeAsync(ProcessHandleRegistry registry)
    {
        using PipedProcess root = StartFamily(out int child, out int grandchild);
        using Process middle = registry.Open(child);
        using Process leaf = registry.Open(grandchild);
        Task end = registry.WaitForTreeExitAsync(root);
        registry.Kill(root);
        await registry.WaitForExitAsync(root).WaitAsync(Check.Limit);
        registry.Kill(middle);

        // Longer than the longest pause between two lists.
        Check.That(await Task.WhenAny(end, Task.Delay(100)) != end);
        registry.Kill(leaf);
        await end.WaitAsync(Check.Limit);
        Check.Equal(137, root.ExitCode);
        Check.That(ProcessTable.StateOf(grandchild) is null or 'Z');
    }

    private static PipedProcess StartFamily(out int child, out int grandchild)
    {
        // The shell in the middle prints its own PID and that of its child.
        PipedProcess root = new($"{Shell.Path} -c 'echo $$; sleep 1000 >/dev/null & echo $!; wait' & wait");
        child = Host.Parse(root.FirstLine);
        grandchild = Host.Parse(root.ReadLine());
        return root;
    }

    private static void RequireOpens(ProcessHandleRegistry registry, ProcessIdentity identity, int processId)
    {
        Check.Equal(processId, identity.ProcessId);
        Check.Equal(identity, ProcessIdentity.Parse(identity.ToString(), CultureInfo.InvariantCulture));
        List<ProcessIdentity> forms = [identity];
        if (registry.Support.IsSupported || identity.PidFdId is null)
        {
            forms.Add(ProcessIdentity.Parse(identity.ToString(), CultureInfo.InvariantCulture));
        }

        if (identity.PidFdId is not null && registry.Support.IsSupported)
        {
            forms.Add(ProcessIdentity.Parse($"{identity:P}", CultureInfo.InvariantCulture));
        }

        foreach (ProcessIdentity form in forms)
        {
            Process process = registry.Open(form);
            Check.Equal(processId, process.Id);
            RequireRoute(registry, process);
            Check.Equal(identity, registry.GetIdentity(process));
            Close(registry, process);
        }
    }

    private static void RequireGone(ProcessHandleRegistry registry, ProcessIdentity identity)
    {
        Check.That(!registry.TryOpen(identity, out Process? process) && process is null);
        Check.Throws<ArgumentException>(() => registry.Open(identity));
    }

    private static void RequireRoute(ProcessHandleRegistry registry, Process process) =>
        Check.Equal(registry.Support.IsSupported ? ProcessRoute.PidFd : ProcessRoute.Stock, registry.Attach(process).Route);

    private static void RequireEqual(ProcessHandleRegistry registry, int[] expected, Process[] actual)
    {
        string ids = string.Join(' ', actual.Select(process => process.Id));
        Array.ForEach(actual, process => RequireRoute(registry, process));
        Array.ForEach(actual, process => Close(registry, process));
        Check.Equal(string.Join(' ', expected), ids);
    }

    private static int Close(ProcessHandleRegistry registry, Process process)
    {
        int id = process.Id;
        registry.Detach(process);
        process.Dispose();
        return id;
    }
}
