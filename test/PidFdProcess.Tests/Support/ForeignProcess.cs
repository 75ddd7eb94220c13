using System.Diagnostics;
using System.Globalization;

namespace PidFdProcess.Tests.Support;

/// <summary>A process that is not our child but that of a shell of ours, which reaps it or leaves it a zombie.</summary>
internal sealed class ForeignProcess : IDisposable
{
    private readonly Process _parent;
    private bool _disposed;

    private ForeignProcess(Process parent, int processId)
    {
        _parent = parent;
        Id = processId;
    }

    /// <summary>Gets the PID of the foreign process.</summary>
    public int Id { get; }

    /// <summary>Starts a foreign process whose parent reaps it at once.</summary>
    public static ForeignProcess StartReaped(string script = "exec sleep 1000") =>
        Start($"( {script} ) >/dev/null & echo $!; wait; exec sleep 1000");

    /// <summary>Starts a foreign process that stays a zombie after its exit, until this object is disposed.</summary>
    public static ForeignProcess StartUnreaped(string script = "exec sleep 1000")
    {
        ForeignProcess foreign = Start($"( {script} ) >/dev/null & echo $!; exec sleep 1000");

        // Until it has become the sleeper, the shell might still reap.
        TestProcesses.WaitUntil(
            () => File.ReadAllText($"/proc/{foreign._parent.Id.ToString(CultureInfo.InvariantCulture)}/comm") == "sleep\n",
            "the parent is a sleeper");
        return foreign;
    }

    /// <summary>Sends a signal by PID, as somebody else would.</summary>
    public void Signal(string name = "KILL")
    {
        using Process kill = Process.Start("/bin/kill", ["-" + name, Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    /// <summary>Kills it and waits until its PID is free.</summary>
    public void KillAndWaitUntilReaped()
    {
        Signal();
        TestProcesses.WaitUntil(() => TestProcesses.StateOf(Id) is null, $"process {Id} is reaped");
    }

    /// <summary>Kills it and waits until it is a zombie.</summary>
    public void KillAndWaitUntilZombie()
    {
        Signal();
        TestProcesses.WaitUntil(() => TestProcesses.StateOf(Id) == 'Z', $"process {Id} is a zombie");
    }

    /// <summary>Ends the parent, too, so that init reaps what is left.</summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        // Once it is reaped, its PID may be a stranger's.
        if (TestProcesses.StateOf(Id) is not null and not 'Z' && TestProcesses.ParentOf(Id) == _parent.Id)
        {
            Signal();
        }

        _parent.Kill();
        _parent.WaitForExit();
        _parent.Dispose();
    }

    private static ForeignProcess Start(string script)
    {
        Process parent = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", script]) { RedirectStandardOutput = true })!;
        string line = parent.StandardOutput.ReadLine() ?? throw new InvalidOperationException("The shell printed no PID.");
        return new ForeignProcess(parent, int.Parse(line, CultureInfo.InvariantCulture));
    }
}
