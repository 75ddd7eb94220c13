using System.ComponentModel;
using PidFdProcess;
using Process = System.Diagnostics.Process;

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

/// <summary>Keeps one program running.</summary>
internal sealed class SupervisedProgram(string name, ProgramOptions options, SupervisorMetrics metrics, ILogger<SupervisedProgram> logger)
{
    private readonly ProgramLog _log = new(name, logger);
    private StateFile _state = null!;
    private string _outputFile = "";
    private TimeSpan _backOff = options.BackOff;
    private RunRecord _record = new(RunState.Waiting, Guid.Empty, null, default, 0, "");

    public string Name => name;

    public ProgramPhase Phase { get; private set; }

    /// <summary>Gets whether a stop has failed, so that a process of the program may still run. The record says how to go on.</summary>
    public bool HasSurvived { get; private set; }

    public int Restarts => _record.Restarts;

    public string LastExit => _record.LastExit;

    public DateTimeOffset StartedAt => _record.StartedAt;

    /// <summary>Gets the process that runs, or <see langword="null"/>. The table opens it by this name.</summary>
    public ProcessIdentity? Identity => ProcessIdentity.TryParse(_record.Identity, out ProcessIdentity identity) ? identity : null;

    /// <summary>
    /// Runs until the token is cancelled and the program has stopped or cannot be stopped, or until the restart policy ends the program.
    /// </summary>
    public async Task RunAsync(StateFile state, CancellationToken stopping)
    {
        _state = state;
        _outputFile = Path.GetFullPath(options.OutputFile ?? $"{name}.log", state.Directory);
        Process? process = state.Find(name) is { } record ? await TakeOverAsync(record, stopping) : null;
        while (!HasSurvived && Phase != ProgramPhase.Ended && (process is not null || !stopping.IsCancellationRequested))
        {
            bool hasFailed = true;
            process ??= TryStart();
            if (process is not null)
            {
                using (process)
                {
                    hasFailed = await WaitOrStopAsync(process, stopping);
                }

                process = null;
            }

            await PauseAsync(hasFailed, stopping);
        }

        Phase = ProgramPhase.Ended;
    }

    /// <summary>Continues where a supervisor that was killed has left off.</summary>
    private async Task<Process?> TakeOverAsync(RunRecord record, CancellationToken stopping)
    {
        _record = record;
        if (record.State is RunState.Waiting or RunState.Ended)
        {
            Phase = record.State == RunState.Ended && options.Restart != RestartPolicy.Always ? ProgramPhase.Ended : ProgramPhase.Waiting;
            return null;
        }

        if (record.State == RunState.Stopping)
        {
            await FinishStopAsync(stopping);
            return null;
        }

        if (Identity is { } identity && ProcessHandleRegistry.Default.TryOpen(identity, out Process? process))
        {
            Phase = ProgramPhase.Adopted;
            metrics.OnAdopted(name);
            _log.Adopted(process.Id);
            return process;
        }

        _log.Gone();
        _record = record with { Identity = null, LastExit = "unknown" };
        if (options.Restart == RestartPolicy.Never)
        {
            End();
        }

        return null;
    }

    /// <summary>Finishes the stop that the last supervisor began. Tries again until it works, because two instances must not run.</summary>
    private async Task FinishStopAsync(CancellationToken stopping)
    {
        Phase = ProgramPhase.Stopping;
        for (;;)
        {
            try
            {
                if (Identity is { } identity && ProcessHandleRegistry.Default.TryOpen(identity, out Process? process))
                {
                    using (process)
                    {
                        _record = _record with { LastExit = (await StopAsync(process)).ToString() };
                    }
                }

                _log.Stopped(RunMembers.Kill(_record.Run));
                _record = _record with { Identity = null };
                HasSurvived = false;
                return;
            }
            catch (Exception e) when (IsFailedStop(e))
            {
                HasSurvived = true;
                _log.CannotStop(e.Message);
            }

            if (stopping.IsCancellationRequested)
            {
                return;
            }

            await Task.Delay(options.MaxBackOff, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // The process or a descendant may not be signalled, or is alive after SIGKILL, or descriptors are short.
    private static bool IsFailedStop(Exception e) => e is Win32Exception or TimeoutException or AggregateException or InvalidOperationException;

    private Process? TryStart()
    {
        _record = _record with { State = RunState.Running, Run = Guid.NewGuid(), StartedAt = DateTimeOffset.Now };
        try
        {
            Process process = GatedStart.Start(options, _outputFile, _record.Run, identity =>
            {
                _record = _record with { Identity = identity.ToString() };
                _state.Set(name, _record);
            });
            Phase = ProgramPhase.Running;
            metrics.OnStarted(name);
            _log.Started(process.Id);
            return process;
        }
        catch (Exception e) when (e is Win32Exception or IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            // The exception is an InvalidOperationException if the shell was killed before its identity was read.
            _record = _record with { Identity = null, LastExit = e.Message };
            _log.CannotStart(e.Message);
            return null;
        }
    }

    /// <summary>Waits for the end.</summary>
    /// <returns>Whether the run counts as failed.</returns>
    private async Task<bool> WaitOrStopAsync(Process process, CancellationToken stopping)
    {
        PidFdExitStatus status;
        try
        {
            status = await process.WaitForExitStatusPidFdAsync(stopping);
        }
        catch (OperationCanceledException)
        {
            Phase = ProgramPhase.Stopping;
            Save(_record with { State = RunState.Stopping });
            try
            {
                status = await StopAsync(process);
            }
            catch (Exception e) when (IsFailedStop(e))
            {
                // The other programs must be stopped nevertheless. The record stays, so that the next supervisor finishes this stop.
                HasSurvived = true;
                _log.CannotStop(e.Message);
                return true;
            }
        }

        _record = _record with { Identity = null, LastExit = status.ToString() };
        metrics.OnExited(name, status.ToString());
        _log.Exited(status.ToString());
        return status.ExitCode is not 0;
    }

    // Without a token, because the host limits the shutdown. A supervisor that the host ends earlier leaves the record, and the next one goes on.
    private Task<PidFdExitStatus> StopAsync(Process process) =>
        process.StopViaPidFdAsync(options.GracePeriod, entireProcessTree: true, cancellationToken: CancellationToken.None);

    private async Task PauseAsync(bool hasFailed, CancellationToken stopping)
    {
        if (stopping.IsCancellationRequested)
        {
            return;
        }

        if (options.Restart == RestartPolicy.Never || (options.Restart == RestartPolicy.OnFailure && !hasFailed))
        {
            End();
            return;
        }

        _backOff = DateTimeOffset.Now - StartedAt > options.StableAfter ? options.BackOff : _backOff;
        Save(_record with { State = RunState.Waiting, Restarts = Restarts + 1 });
        Phase = ProgramPhase.BackingOff;
        _log.BackOff(_backOff);
        await Task.Delay(_backOff, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _backOff = TimeSpan.FromTicks(Math.Min(_backOff.Ticks * 2, options.MaxBackOff.Ticks));
    }

    private void End()
    {
        Phase = ProgramPhase.Ended;
        Save(_record with { State = RunState.Ended });
    }

    /// <summary>Writes the record if that is possible. Otherwise the next supervisor finds the record before, and that its process is gone.</summary>
    private void Save(RunRecord record)
    {
        _record = record;
        try
        {
            _state.Set(name, record);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _log.CannotSave(e.Message);
        }
    }
}
