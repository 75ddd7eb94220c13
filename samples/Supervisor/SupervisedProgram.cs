using System.ComponentModel;
using System.Diagnostics;
using PidFdProcess;

namespace Supervisor;

internal enum ProgramPhase
{
    Waiting,
    Running,
    Adopted,
    BackingOff,
    Stopping,
    Ended,
}

// Constraints: the supervisor may be killed between any two lines of this. Afterwards the same program must neither run twice nor be forgotten.
//
// Scheme: write the name of the run, start the program with that name in its environment, write its identity, and forget both after its end. A
// supervisor that finds an identity opens that process and no other. One that finds a name alone looks for it in the environments.

/// <summary>Keeps one program running.</summary>
internal sealed partial class SupervisedProgram(string name, ProgramOptions options, SupervisorMetrics metrics, ILogger logger)
{
    // The output goes to a file, because a pipe would break with the supervisor.
    private const string Redirect = "log=$1; shift; exec \"$@\" </dev/null >>\"$log\" 2>&1";

    private StateFile _state = null!;
    private string _outputFile = "";
    private int _restarts;
    private TimeSpan _backOff = options.BackOff;

    public string Name => name;

    public ProgramPhase Phase { get; private set; }

    public int Restarts => _restarts;

    public string LastExit { get; private set; } = "";

    public DateTimeOffset StartedAt { get; private set; }

    /// <summary>Gets the process, for the table. It may be disposed at any time.</summary>
    public Process? Process { get; private set; }

    /// <summary>Runs until the token is cancelled, and then stops the program, or until the policy says that it is over.</summary>
    public async Task RunAsync(StateFile state, string directory, CancellationToken stopping)
    {
        _state = state;
        _outputFile = Path.Combine(directory, options.OutputFile ?? $"{name}.log");
        Process? process = TryAdopt();
        while (!stopping.IsCancellationRequested || process is not null)
        {
            bool isFailure = true;
            process ??= TryStart();
            if (process is not null)
            {
                using (process)
                {
                    Process = process;
                    PidFdExitStatus status = await WaitOrStopAsync(process, stopping);
                    isFailure = status.ExitCode is not 0;
                    OnExit(status);
                }

                process = null;
            }

            if (!await MayRestartAsync(isFailure, stopping))
            {
                break;
            }
        }

        Phase = ProgramPhase.Ended;
    }

    private Process? TryAdopt()
    {
        if (_state.Find(name) is not { } run)
        {
            return null;
        }

        Process? process;
        if (run.Identity is null)
        {
            process = RunFinder.Find(run.Run);
        }
        else if (!ProcessIdentity.TryParse(run.Identity, out ProcessIdentity identity)
            || !ProcessHandleRegistry.Default.TryOpen(identity, out process)
            || process.HasExitedPidFd())
        {
            process = null;
        }

        _restarts = run.Restarts;
        if (process is null)
        {
            LogGone(name);
            _state.Set(name, null);
            return null;
        }

        _state.Set(name, run with { Identity = process.GetIdentityViaPidFd().ToString() });
        StartedAt = run.StartedAt;
        Phase = ProgramPhase.Adopted;
        metrics.OnAdopted(name);
        LogAdopted(name, process.Id);
        return process;
    }

    private Process? TryStart()
    {
        RunRecord run = new(Guid.NewGuid(), null, DateTimeOffset.Now, _restarts);
        ProcessStartInfo info = new("/bin/sh", ["-c", Redirect, "sh", _outputFile, options.Command, .. options.Arguments])
        {
            WorkingDirectory = options.WorkingDirectory,
        };
        foreach ((string variable, string value) in options.Environment)
        {
            info.Environment[variable] = value;
        }

        info.Environment[RunFinder.Variable] = run.Run.ToString("N");
        try
        {
            _state.Set(name, run);
            Process process = Process.Start(info)!;
            StartedAt = run.StartedAt;
            try
            {
                _state.Set(name, run with { Identity = process.GetIdentityViaPidFd().ToString() });
            }
            catch (InvalidOperationException)
            {
                // It has ended already.
            }

            Phase = ProgramPhase.Running;
            metrics.OnStarted(name);
            LogStarted(name, process.Id);
            return process;
        }
        catch (Win32Exception e)
        {
            LastExit = e.Message;
            LogCannotStart(name, e.Message);
            _state.Set(name, null);
            return null;
        }
    }

    private async Task<PidFdExitStatus> WaitOrStopAsync(Process process, CancellationToken stopping)
    {
        try
        {
            return await process.WaitForExitStatusPidFdAsync(stopping);
        }
        catch (OperationCanceledException)
        {
            Phase = ProgramPhase.Stopping;
            return await process.StopViaPidFdAsync(options.GracePeriod, entireProcessTree: true, cancellationToken: CancellationToken.None);
        }
    }

    private void OnExit(PidFdExitStatus status)
    {
        Process = null;
        _state.Set(name, null);
        LastExit = status.ToString();
        metrics.OnExited(name, LastExit);
        LogExited(name, LastExit);
    }

    private async Task<bool> MayRestartAsync(bool isFailure, CancellationToken stopping)
    {
        if (stopping.IsCancellationRequested
            || options.Restart == RestartPolicy.Never
            || (options.Restart == RestartPolicy.OnFailure && !isFailure))
        {
            return false;
        }

        _backOff = DateTimeOffset.Now - StartedAt > options.StableAfter ? options.BackOff : _backOff;
        Phase = ProgramPhase.BackingOff;
        LogBackOff(name, _backOff);
        try
        {
            await Task.Delay(_backOff, stopping);
        }
        catch (OperationCanceledException)
        {
            return false;
        }

        _backOff = TimeSpan.FromTicks(Math.Min(_backOff.Ticks * 2, options.MaxBackOff.Ticks));
        _restarts++;
        return true;
    }

    [LoggerMessage(LogLevel.Information, "{Program}: started as process {ProcessId}")]
    private partial void LogStarted(string program, int processId);

    [LoggerMessage(LogLevel.Information, "{Program}: adopted process {ProcessId}")]
    private partial void LogAdopted(string program, int processId);

    [LoggerMessage(LogLevel.Information, "{Program}: the process of the last supervisor is gone")]
    private partial void LogGone(string program);

    [LoggerMessage(LogLevel.Information, "{Program}: {Status}")]
    private partial void LogExited(string program, string status);

    [LoggerMessage(LogLevel.Warning, "{Program}: cannot start: {Reason}")]
    private partial void LogCannotStart(string program, string reason);

    [LoggerMessage(LogLevel.Information, "{Program}: next start in {BackOff}")]
    private partial void LogBackOff(string program, TimeSpan backOff);
}
