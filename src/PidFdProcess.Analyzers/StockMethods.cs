using System.Collections.Immutable;
using Microsoft.CodeAnalysis;

namespace PidFdProcess.Analyzers;

/// <summary>Recognises the overloads of <see cref="StockMethod"/> by name and parameters.</summary>
internal static class StockMethods
{
    private static readonly ImmutableHashSet<string> s_names = ImmutableHashSet.Create(
        "Kill", "WaitForExit", "WaitForExitAsync", "Start", "GetProcessById", "TryGetProcessById", "Signal", "WaitForExitStatus",
        "WaitForExitStatusAsync", "TryWaitForExitStatus");

    /// <summary>Returns whether a method of this name may be one of them. Needs no symbol.</summary>
    public static bool IsName(string name) => s_names.Contains(name);

    /// <summary>Returns the overload, or <see cref="StockMethod.None"/> if it is none of them.</summary>
    public static StockMethod Find(IMethodSymbol method)
    {
        if (!s_names.Contains(method.Name) || !ProcessTypes.IsProcess(method.ContainingType))
        {
            return StockMethod.None;
        }

        ImmutableArray<IParameterSymbol> parameters = method.Parameters;
        string first = parameters.Length > 0 ? parameters[0].Type.Name : "";
        string second = parameters.Length > 1 ? parameters[1].Type.Name : "";
        return (method.IsStatic, method.Name, parameters.Length, first, second) switch
        {
            (false, "Kill", 0, _, _) => StockMethod.Kill,
            (false, "Kill", 1, "Boolean", _) => StockMethod.KillTree,
            (false, "WaitForExit", 0, _, _) => StockMethod.WaitForExit,
            (false, "WaitForExit", 1, "Int32", _) => StockMethod.WaitForExitMilliseconds,
            (false, "WaitForExit", 1, "TimeSpan", _) => StockMethod.WaitForExitTimeSpan,
            (false, "WaitForExitAsync", 1, "CancellationToken", _) => StockMethod.WaitForExitAsync,
            (false, "Start", 0, _, _) => StockMethod.Start,
            (true, "Start", 1, "ProcessStartInfo", _) => StockMethod.StartInfo,
            (true, "Start", 1, "String", _) => StockMethod.StartFile,
            (true, "Start", 2, "String", "String") => StockMethod.StartFileCommandLine,
            (true, "Start", 2, "String", "IEnumerable") => StockMethod.StartFileArguments,
            (true, "GetProcessById", 1, "Int32", _) => StockMethod.GetProcessById,
            (true, "GetProcessById", 2, "Int32", "String") => StockMethod.GetProcessByIdOnMachine,
            (true, "TryGetProcessById", 2, "Int32", "Process") => StockMethod.TryGetProcessById,
            (false, "Signal", 1, "PosixSignal", _) => StockMethod.Signal,
            (false, "WaitForExitStatus", 0, _, _) => StockMethod.WaitForExitStatus,
            (false, "WaitForExitStatusAsync", 1, "CancellationToken", _) => StockMethod.WaitForExitStatusAsync,
            (false, "TryWaitForExitStatus", 2, "TimeSpan", "ProcessExitStatus") => StockMethod.TryWaitForExitStatus,
            _ => StockMethod.None,
        };
    }
}
