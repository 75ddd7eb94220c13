using System.Globalization;
using Mono.Unix.Native;

namespace PidFdProcess.Shared;

/// <summary>A process that is no child of this one. Its parent is a shell, which reaps it at once or leaves it a zombie.</summary>
internal sealed class NonChildProcess : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    private readonly PipedProcess _parent;
    private bool _isDisposed;

    private NonChildProcess(string script)
    {
        _parent = new PipedProcess(script);
        Id = int.Parse(_parent.FirstLine, CultureInfo.InvariantCulture);
        ParentId = _parent.Id;
    }

    /// <summary>Gets the PID.</summary>
    public int Id { get; }

    /// <summary>Gets the PID of the parent.</summary>
    public int ParentId { get; }

    /// <summary>Starts a process whose parent reaps it at once.</summary>
    public static NonChildProcess StartReaped(string script = "exec sleep 1000") =>
        new($"exec 3<&0; ( {script} ) >/dev/null & echo $!; wait; exec sleep 1000");

    /// <summary>Starts a process that stays a zombie after its exit until this object is disposed, because its parent is stopped.</summary>
    public static NonChildProcess StartUnreaped(string script = "exec sleep 1000")
    {
        NonChildProcess process = new($"exec 3<&0; ( {script} ) >/dev/null & echo $!; kill -STOP $$; wait");

        // Until it has stopped, the shell might reap.
        WaitFor(() => !ProcessTable.Exists || ProcessTable.StateOf(process.ParentId) == 'T', $"the parent of process {process.Id} has stopped");
        return process;
    }

    /// <summary>Closes the input, which the script can read from descriptor 3.</summary>
    public void CloseInput() => _parent.StandardInput.Close();

    /// <summary>Waits until the script has become a sleeper. Before that, the process has the name of the shell.</summary>
    public void WaitUntilSleeper() => WaitFor(() => ProcessTable.NameOf(Id) == "sleep", $"process {Id} is a sleeper");

    /// <summary>Sends a signal by PID, as another program would.</summary>
    public void Signal(Signum signal = Signum.SIGKILL) => Native.Kill(Id, (int)signal);

    /// <summary>Kills the process and waits until its PID is free.</summary>
    public void KillAndWaitUntilReaped()
    {
        Signal();
        WaitUntilReaped();
    }

    /// <summary>Waits until the PID is free.</summary>
    public void WaitUntilReaped() => WaitFor(() => !Native.Kill(Id, 0), $"process {Id} is reaped");

    /// <summary>Kills the process and waits until it is a zombie.</summary>
    public void KillAndWaitUntilZombie()
    {
        Signal();
        WaitUntilZombie();
    }

    /// <summary>Waits until the process is a zombie.</summary>
    public void WaitUntilZombie() => WaitFor(() => ProcessTable.StateOf(Id) == 'Z', $"process {Id} is a zombie");

    /// <summary>Ends the process and its parent, so that pid 1 reaps the process.</summary>
    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        // After a reap the PID may be that of another process, whose parent is another.
        _isDisposed = true;
        if (!ProcessTable.Exists || ProcessTable.ParentOf(Id) == ParentId)
        {
            Signal();
        }

        _parent.Kill();
        _parent.WaitForExit();
        _parent.Dispose();
    }

    private static void WaitFor(Func<bool> condition, string what) => Condition.WaitFor(condition, what, s_limit);
}
