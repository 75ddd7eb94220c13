using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using PidFdProcess;

namespace PidRun;

/// <summary>Runs a command as timeout(1) does, and tells how it ended.</summary>
internal sealed class CommandRun(string[] command, TimeSpan timeout, TimeSpan grace, bool tree, bool isPlain)
{
    private const int NoSuchFile = 2;
    private const int PermissionDenied = 13;

    private string _name = command[0];

    public async Task<int> RunAsync()
    {
        // Before the start, so that no signal is lost.
        using CaughtSignals signals = new();
        WarmUp();
        long start = Stopwatch.GetTimestamp();
        using Process? process = Start(out int error);
        if (process is null)
        {
            Report.Line($"cannot run '{command[0]}': {new Win32Exception(error).Message}.");
            return error == NoSuchFile ? ExitCodes.NotFound : ExitCodes.CannotInvoke;
        }

        Task<PidFdExitStatus> exit = process.WaitForExitStatusPidFdAsync();
        _name = $"{command[0]} (PID {process.Id})";
        PidFdExitStatus status;
        bool timedOut;
        await using (LiveView.TryStart([process], isPlain))
        {
            (status, timedOut) = await WaitAsync(process, exit, signals);
        }

        ReportEnd(status, Stopwatch.GetElapsedTime(start));
        int code = status.ExitCode ?? ExitCodes.Failed;

        // As timeout(1): 137 tells that SIGTERM was not enough.
        return timedOut && code != ExitCodes.Killed ? ExitCodes.TimedOut : code;
    }

    /// <summary>
    /// A wait for this program itself, so that the code is compiled when the command starts. A command that ends at once may be reaped before it
    /// is attached, and a signal cannot be told from exit(128+n) then.
    /// </summary>
    private static void WarmUp()
    {
        using Process self = Process.GetCurrentProcess();
        using CancellationTokenSource end = new();
        _ = self.WaitForExitStatusPidFdAsync(end.Token);
        end.Cancel();
    }

    /// <summary>The command inherits stdin, stdout and stderr.</summary>
    private Process? Start(out int error)
    {
        error = NoSuchFile;
        if (CommandFile.Find(command[0]) is not { } file)
        {
            return null;
        }

        if (Directory.Exists(file))
        {
            error = PermissionDenied;
            return null;
        }

        try
        {
            return Process.Start(new ProcessStartInfo(file, command[1..]));
        }
        catch (Win32Exception e)
        {
            error = e.NativeErrorCode;
            return null;
        }
    }

    private async Task<(PidFdExitStatus Status, bool TimedOut)> WaitAsync(
        Process process, Task<PidFdExitStatus> exit, CaughtSignals signals)
    {
        Task<PosixSignal> signal = signals.NextAsync();
        Task first = await Task.WhenAny(exit, signal, Task.Delay(timeout));
        if (first == exit)
        {
            return (await exit, false);
        }

        bool timedOut = first != signal;
        PosixSignal stopSignal = timedOut ? PosixSignal.SIGTERM : await signal;
        Report.Line($"{(timedOut ? $"timeout after {Report.Seconds(timeout)}; " : "")}{stopSignal} to {_name}");
        Task<PidFdExitStatus> stop = process.StopViaPidFdAsync(grace, stopSignal, tree);

        // A stopped command takes the signal only when it goes on.
        process.SignalViaPidFd(PosixSignal.SIGCONT);
        return (await PassOnUntilAsync(stop, timedOut ? signal : signals.NextAsync(), process, signals), timedOut);
    }

    /// <summary>Until the command has stopped it gets every further signal, too.</summary>
    private async Task<PidFdExitStatus> PassOnUntilAsync(
        Task<PidFdExitStatus> stop, Task<PosixSignal> signal, Process process, CaughtSignals signals)
    {
        while (await Task.WhenAny(stop, signal) == signal)
        {
            Report.Line($"{await signal} to {_name}");
            process.SignalViaPidFd(await signal);
            signal = signals.NextAsync();
        }

        return await stop;
    }

    private void ReportEnd(PidFdExitStatus status, TimeSpan elapsed)
    {
        string end = $"{_name} {status} after {Report.Seconds(elapsed)}";
        if ((status.ResourceUsage ?? ChildUsage.Get()) is { } used)
        {
            end += $", user {Report.Seconds(used.UserTime)}, system {Report.Seconds(used.SystemTime)}";
            end += $", peak memory {Peak(used.PeakResidentBytes)}";
        }

        Report.Line(end);
    }

    /// <summary>Until it executes the command, a child shares the memory of this program, and the kernel counts that as its own.</summary>
    private static string Peak(long bytes)
    {
        using Process self = Process.GetCurrentProcess();
        return (bytes <= self.PeakWorkingSet64 ? "up to " : "") + Report.Mebibytes(bytes);
    }
}
