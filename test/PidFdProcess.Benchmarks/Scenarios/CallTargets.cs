using System.Diagnostics;
using PidFdProcess.Benchmarks.Measuring;
using PidFdProcess.Shared;

namespace PidFdProcess.Benchmarks.Scenarios;

/// <summary>
/// A running child, and a zombie of another parent, which does not reap. Both are attached. Another running child is not.
/// </summary>
internal sealed class CallTargets : IDisposable
{
    private readonly NonChildProcess _nonChild = NonChildProcess.StartUnreaped();

    public CallTargets()
    {
        Child = Process.Start("/bin/sleep", "1000");
        UnattachedChild = Process.Start("/bin/sleep", "1000");
        Zombie = Registry.Open(_nonChild.Id);
        ChildFd = RawCalls.Open(Child.Id);
        ZombieFd = RawCalls.Open(Zombie.Id);
        Registry.Attach(Child);
        Registry.Kill(Zombie);
        Registry.WaitForExit(Zombie, -1);
    }

    public ProcessHandleRegistry Registry { get; } = new();

    public Process Child { get; }

    public Process UnattachedChild { get; }

    public SafePidFdHandle ChildFd { get; }

    public Process Zombie { get; }

    public SafePidFdHandle ZombieFd { get; }

    public static void AttachAndDetach(ProcessHandleRegistry registry, Process process)
    {
        registry.Attach(process);
        registry.Detach(process);
    }

    public void Dispose()
    {
        foreach (Process child in (Process[])[Child, UnattachedChild])
        {
            child.Kill();
            child.WaitForExit();
            child.Dispose();
        }

        Registry.Dispose();
        ChildFd.Dispose();
        ZombieFd.Dispose();
        _nonChild.Dispose();
        Zombie.Dispose();
    }
}
