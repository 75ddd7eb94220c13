namespace Supervisor;

/// <summary>What the supervisor tells of one program.</summary>
internal sealed partial class ProgramLog(string program, ILogger logger)
{
    public void Started(int processId) => LogStarted(program, processId);

    public void Adopted(int processId) => LogAdopted(program, processId);

    public void Gone() => LogGone(program);

    public void Stopped(int leftover) => LogStopped(program, leftover);

    public void Exited(string status) => LogExited(program, status);

    public void CannotStart(string reason) => LogCannotStart(program, reason);

    public void CannotStop(string reason) => LogCannotStop(program, reason);

    public void CannotSave(string reason) => LogCannotSave(program, reason);

    public void BackOff(TimeSpan pause) => LogBackOff(program, pause);

    [LoggerMessage(LogLevel.Information, "{Program}: started as process {ProcessId}")]
    private partial void LogStarted(string program, int processId);

    [LoggerMessage(LogLevel.Information, "{Program}: adopted process {ProcessId}")]
    private partial void LogAdopted(string program, int processId);

    [LoggerMessage(LogLevel.Information, "{Program}: ended while no supervisor ran")]
    private partial void LogGone(string program);

    [LoggerMessage(LogLevel.Information, "{Program}: finished the stop that the last supervisor began, and killed {Leftover} more processes")]
    private partial void LogStopped(string program, int leftover);

    [LoggerMessage(LogLevel.Information, "{Program}: {Status}")]
    private partial void LogExited(string program, string status);

    [LoggerMessage(LogLevel.Warning, "{Program}: cannot start: {Reason}")]
    private partial void LogCannotStart(string program, string reason);

    [LoggerMessage(LogLevel.Error, "{Program}: cannot stop, so the next supervisor goes on with it: {Reason}")]
    private partial void LogCannotStop(string program, string reason);

    [LoggerMessage(LogLevel.Warning, "{Program}: cannot write the state file: {Reason}")]
    private partial void LogCannotSave(string program, string reason);

    [LoggerMessage(LogLevel.Information, "{Program}: next start in {Pause}")]
    private partial void LogBackOff(string program, TimeSpan pause);
}
