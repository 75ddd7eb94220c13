using System.Diagnostics;
using System.Globalization;
using PidFdProcess.Shared;

namespace PidFdProcess.Conformance.Soaking;

/// <summary>A process of the soak, the object for it, and the waits that are pending for it.</summary>
internal sealed class SoakProcess : IDisposable
{
    private readonly string _script;
    private readonly PipedProcess? _parent;
    private readonly StreamWriter? _input;
    private readonly StreamReader? _output;
    private volatile bool _sawEndOfLines;
    private bool _isExitChecked;
    private bool _isParentGone;
    private int _raised;
    private int _checkedRuns;
    private int _abandonedRuns;

    public SoakProcess(string name, SoakKind kind, int code, bool raisesEvents)
    {
        Name = name;
        Kind = kind;
        Code = code;
        RaisesEvents = raisesEvents;
        _script = kind.Script.Replace("CODE", code.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        if (kind.IsNonChild)
        {
            (_parent, Process) = StartNonChild();
            Run = new SoakRun(this, Process.Id);
            return;
        }

        Process = new Process
        {
            StartInfo = new ProcessStartInfo(Shell.Path, ["-c", _script])
            {
                RedirectStandardInput = kind.IsRedirected,
                RedirectStandardOutput = kind.IsRedirected,
            },
            EnableRaisingEvents = raisesEvents,
        };
        Process.Exited += (_, _) => Interlocked.Increment(ref _raised);
        Process.OutputDataReceived += (_, e) => _sawEndOfLines |= e.Data is null;
        Run = Start();

        // Streams that were used stay open when the object is closed.
        _input = kind.IsRedirected ? Process.StandardInput : null;
        _output = kind.IsRedirected && !kind.IsReadByLines ? Process.StandardOutput : null;
    }

    public string Name { get; }

    public SoakKind Kind { get; }

    public Process Process { get; }

    public int Code { get; }

    /// <summary>Gets the present run.</summary>
    public SoakRun Run { get; private set; }

    public bool IsChild => !Kind.IsNonChild;

    public List<SoakWait> Pending { get; } = [];

    private bool RaisesEvents { get; }

    /// <summary>Starts a new run with the same object. The last one may still be running.</summary>
    public void Restart()
    {
        // An exit that no call has reported may have raised the event in time.
        _abandonedRuns += _isExitChecked || Run.IsRunning ? 0 : 1;
        _isExitChecked = false;
        Run = Start();
        Pending.Clear();
    }

    /// <summary>Ends the process by the stock methods. No other thread ends it, so that a kill by PID is safe.</summary>
    public void KillByStock(bool waits)
    {
        if (Run.IsRunning)
        {
            Process.Kill();
            Run.EndBySignal(Native.SigKill);
        }

        if (waits)
        {
            Process.WaitForExit();
            Run.Saw(exited: true);
            RequireExitedState();
        }
    }

    /// <summary>Ends a process that is no subject.</summary>
    public void End()
    {
        KillByStock(waits: true);
        Dispose();
    }

    /// <summary>Waits for the end of all pending waits, which must come.</summary>
    public void CompleteWaits()
    {
        Pending.ForEach(wait => wait.Complete());
        Pending.Clear();
    }

    /// <summary>Makes the process exit with its code.</summary>
    public void CloseInput()
    {
        (_parent?.StandardInput ?? _input!).Close();
        Run.EndByExit(Code);
    }

    public void WaitUntilReaped()
    {
        if (Kind == SoakKind.NonChild && !Run.IsReaped)
        {
            Check.Equal("reaped", _parent!.ReadLine(), $"{Run}: what its parent says");
            Run.IsReaped = true;
        }
    }

    /// <summary>Ends the parent. From now on the process is a child of pid 1.</summary>
    public void EndParent()
    {
        if (_parent is not null && !_isParentGone)
        {
            _isParentGone = true;
            _parent.Kill();
            _parent.WaitForExit();
        }
    }

    /// <summary>Checks the state that the object must have after a call has answered that the process has exited.</summary>
    public void RequireExitedState()
    {
        if (IsChild && !_isExitChecked)
        {
            _isExitChecked = true;
            _checkedRuns++;
            Check.That(Process.HasExited, $"{Run}: HasExited");
            Run.Ended(Process.ExitCode);
            RequireEvents();
        }
    }

    /// <summary>After a wait without a limit, everything that it wrote has been delivered.</summary>
    public void RequireAllLines() => Check.That(!Kind.IsReadByLines || _sawEndOfLines, $"{Run}: the wait ended before the output");

    /// <summary>The descendants hold the output open.</summary>
    public void RequireNoDescendants()
    {
        if (Kind.IsTree)
        {
            Task<string> rest = _output!.ReadToEndAsync();
            Check.That(Task.WaitAny([rest], Check.Limit) == 0, $"{Run}: a descendant has survived");
        }
    }

    public void Dispose()
    {
        if (_isExitChecked)
        {
            RequireEvents();
        }

        Process.Dispose();
        if (Kind.IsTree)
        {
            _input!.Close();
            RequireNoDescendants();
        }

        _input?.Dispose();
        _output?.Dispose();
        if (_parent is not null)
        {
            EndParent();
            _parent.Dispose();
        }
    }

    // The runtime keeps one state for all objects of a PID. As long as an object of an old process exists, a new object of that PID counts as exited.
    // A pidfd cannot tell such an object from an object that is older than the process.
    private (PipedProcess Parent, Process Process) StartNonChild()
    {
        for (;;)
        {
            PipedProcess parent = new(_script);
            Process process = Process.GetProcessById(Host.Parse(parent.FirstLine));
            if (!process.WaitForExit(0))
            {
                return (parent, process);
            }

            process.Dispose();
            parent.Kill();
            parent.WaitForExit();
            parent.Dispose();
        }
    }

    private SoakRun Start()
    {
        Process.Start();
        SoakRun run = new(this, Process.Id);
        if (Kind.ExitsByItself)
        {
            run.EndByExit(Code);
        }

        if (Kind.IsReadByLines)
        {
            Process.BeginOutputReadLine();
        }

        for (int i = 0; i < Kind.ReadyLines; i++)
        {
            Check.Equal("ready", Process.StandardOutput.ReadLine());
        }

        return run;
    }

    private void RequireEvents()
    {
        if (RaisesEvents)
        {
            Check.Eventually(() => Volatile.Read(ref _raised) >= _checkedRuns);
        }

        int raised = Volatile.Read(ref _raised);
        Check.That(raised <= _checkedRuns + _abandonedRuns, $"{Run}: Exited was raised {raised} times in {_checkedRuns} runs");
    }
}
