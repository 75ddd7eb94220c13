using System.Diagnostics;
using System.Globalization;
using PidFdProcess.Benchmarks.Measuring;

namespace PidFdProcess.Benchmarks.Scenarios;

/// <summary>A running child, and a foreign zombie that nobody reaps, both attached.</summary>
internal sealed class CallTargets : IDisposable
{
    private readonly Process _parent;

    public CallTargets()
    {
        Child = Process.Start("/bin/sleep", "1000");
        _parent = Process.Start(
            new ProcessStartInfo("/bin/sh", ["-c", "sleep 1000 >/dev/null & echo $!; exec sleep 1000"]) { RedirectStandardOutput = true })!;
        Zombie = Registry.Open(int.Parse(_parent.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture));
        while (File.ReadAllText($"/proc/{_parent.Id.ToString(CultureInfo.InvariantCulture)}/comm") != "sleep\n")
        {
            // Until then the shell might reap.
            Thread.Sleep(1);
        }

        ChildFd = RawCalls.Open(Child.Id);
        ZombieFd = RawCalls.Open(Zombie.Id);
        Registry.Attach(Child);
        Registry.Kill(Zombie);
        Registry.WaitForExit(Zombie, -1);
    }

    public ProcessHandleRegistry Registry { get; } = new();

    public Process Child { get; }

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
        _parent.Kill();
        Child.Kill();
        Child.WaitForExit();
        Registry.Dispose();
        ChildFd.Dispose();
        ZombieFd.Dispose();
        _parent.Dispose();
        Child.Dispose();
        Zombie.Dispose();
    }
}
