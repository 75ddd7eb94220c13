namespace PidFdProcess.Analyzers;

/// <summary>The methods of <c>Process</c> that this package replaces or reports. Each value is one overload.</summary>
internal enum StockMethod
{
    None,
    Kill,
    KillTree,
    WaitForExit,
    WaitForExitMilliseconds,
    WaitForExitTimeSpan,
    WaitForExitAsync,
    Start,
    StartInfo,
    StartFile,
    StartFileCommandLine,
    StartFileArguments,
    GetProcessById,
    GetProcessByIdOnMachine,
    TryGetProcessById,
    Signal,
    WaitForExitStatus,
    WaitForExitStatusAsync,
    TryWaitForExitStatus,
}
