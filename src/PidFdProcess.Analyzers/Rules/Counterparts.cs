namespace PidFdProcess.Analyzers.Rules;

/// <summary>Maps each stock call to the call of this library that replaces it. The parameters have the same names.</summary>
internal static class Counterparts
{
    public const string HasExited = "HasExitedPidFd";
    public const string Open = "ProcessHandleRegistry.Default.Open";
    public const string OpenByName = "ProcessHandleRegistry.Default.OpenByName";
    public const string TryOpen = "ProcessHandleRegistry.Default.TryOpen";
    public const string TryWaitForExitStatus = "TryWaitForExitStatusPidFd";

    /// <summary>Returns whether the replacement is a call of the registry, which does not begin with the object of the stock call.</summary>
    public static bool IsOfRegistry(string replacement) => replacement is Open or OpenByName or TryOpen;

    /// <summary>Returns the name of the replacement, or <see langword="null"/> if the library has none.</summary>
    public static string? Of(StockMethod method) => method switch
    {
        StockMethod.Kill or StockMethod.KillTree => "KillViaPidFd",
        StockMethod.WaitForExit or StockMethod.WaitForExitMilliseconds or StockMethod.WaitForExitTimeSpan => "WaitForExitPidFd",
        StockMethod.WaitForExitAsync => "WaitForExitPidFdAsync",
        StockMethod.Start => "StartWithPidFd",
        StockMethod.GetProcessById => Open,
        StockMethod.TryGetProcessById => TryOpen,
        StockMethod.WaitForExitStatus => "WaitForExitStatusPidFd",
        StockMethod.WaitForExitStatusAsync => "WaitForExitStatusPidFdAsync",
        StockMethod.TryWaitForExitStatus => TryWaitForExitStatus,
        _ => null,
    };
}
