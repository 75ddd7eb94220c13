namespace PidFdProcess.Analyzers;

/// <summary>The methods of <c>Process</c> that this package has an answer to. Each value is one overload.</summary>
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
