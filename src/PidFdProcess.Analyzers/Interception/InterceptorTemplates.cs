using System.Collections.Immutable;

namespace PidFdProcess.Analyzers.Interception;

/// <summary>The text of each interceptor. It has the same parameters, return type and nullability as the stock method.</summary>
internal static class InterceptorTemplates
{
    private const string Process = "global::System.Diagnostics.Process";
    private const string Status = "global::System.Diagnostics.ProcessExitStatus";
    private const string PosixSignal = "global::System.Runtime.InteropServices.PosixSignal";
    private const string Library = "global::PidFdProcess.CompilerServices.ProcessInterceptors";
    private const string ExitStatus = "global::PidFdProcess.CompilerServices.ExitStatusInterceptors";
    private const string Task = "global::System.Threading.Tasks.Task";
    private const string Token = "global::System.Threading.CancellationToken cancellationToken";
    private const string NotNullWhen = "[global::System.Diagnostics.CodeAnalysis.NotNullWhen(true)]";

    private static readonly ImmutableDictionary<StockMethod, string> s_templates = new Dictionary<StockMethod, string>
    {
        [StockMethod.Kill] = $"void Kill(this {Process} process) => {Library}.Kill(process);",
        [StockMethod.KillTree] =
            $"void Kill(this {Process} process, bool entireProcessTree) => {Library}.Kill(process, entireProcessTree);",
        [StockMethod.WaitForExit] = $"void WaitForExit(this {Process} process) => {Library}.WaitForExit(process);",
        [StockMethod.WaitForExitMilliseconds] =
            $"bool WaitForExit(this {Process} process, int milliseconds) => {Library}.WaitForExit(process, milliseconds);",
        [StockMethod.WaitForExitTimeSpan] =
            $"bool WaitForExit(this {Process} process, global::System.TimeSpan timeout) => {Library}.WaitForExit(process, timeout);",
        [StockMethod.WaitForExitAsync] =
            $"{Task} WaitForExitAsync(this {Process} process, {Token}) => {Library}.WaitForExitAsync(process, cancellationToken);",
        [StockMethod.Start] = $"bool Start(this {Process} process) => {Library}.Start(process);",
        [StockMethod.StartInfo] =
            $"{Process}? Start(global::System.Diagnostics.ProcessStartInfo startInfo) => {Library}.Start(startInfo);",
        [StockMethod.StartFile] = $"{Process} Start(string fileName) => {Library}.Start(fileName);",
        [StockMethod.StartFileCommandLine] =
            $"{Process} Start(string fileName, string arguments) => {Library}.Start(fileName, arguments);",
        [StockMethod.StartFileArguments] =
            $"{Process} Start(string fileName, global::System.Collections.Generic.IEnumerable<string> arguments) => "
            + $"{Library}.Start(fileName, arguments);",
        [StockMethod.GetProcessById] = $"{Process} GetProcessById(int processId) => {Library}.GetProcessById(processId);",
        [StockMethod.GetProcessByIdOnMachine] =
            $"{Process} GetProcessById(int processId, string machineName) => {Library}.GetProcessById(processId, machineName);",
        [StockMethod.TryGetProcessById] = $$"""
            bool TryGetProcessById(int processId, {{NotNullWhen}} out {{Process}}? process)
            {
                if ({{Library}}.TryOpen(processId, out process))
                {
                    return true;
                }

                bool found = {{Process}}.TryGetProcessById(processId, out process);
                {{Library}}.Attach(process);
                return found;
            }
            """,
        [StockMethod.Signal] = $$"""
            bool Signal(this {{Process}} process, {{PosixSignal}} signal) =>
                {{Library}}.TrySignal(process, signal, out bool sent) ? sent : process.Signal(signal);
            """,
        [StockMethod.WaitForExitStatus] = $$"""
            {{Status}} WaitForExitStatus(this {{Process}} process) =>
                {{ExitStatus}}.CanReplace(process)
                && {{ExitStatus}}.TryGetStockStatus({{ExitStatus}}.Wait(process), out int exitCode, out {{PosixSignal}}? signal)
                    ? new {{Status}}(exitCode, false, signal)
                    : process.WaitForExitStatus();
            """,

        // The outer method is not async, so that a call on null throws at once, as an instance method does.
        [StockMethod.WaitForExitStatusAsync] = $$"""
            {{Task}}<{{Status}}> WaitForExitStatusAsync(this {{Process}} process, {{Token}})
            {
                return !cancellationToken.IsCancellationRequested && {{ExitStatus}}.CanReplace(process)
                    ? WaitAsync(process, cancellationToken)
                    : process.WaitForExitStatusAsync(cancellationToken);

                static async {{Task}}<{{Status}}> WaitAsync({{Process}} process, {{Token}}) =>
                    {{ExitStatus}}.TryGetStockStatus(
                        await {{ExitStatus}}.WaitAsync(process, cancellationToken).ConfigureAwait(false),
                        out int exitCode,
                        out {{PosixSignal}}? signal)
                        ? new {{Status}}(exitCode, false, signal)
                        : await process.WaitForExitStatusAsync(cancellationToken).ConfigureAwait(false);
            }
            """,
        [StockMethod.TryWaitForExitStatus] = $$"""
            bool TryWaitForExitStatus(
                this {{Process}} process, global::System.TimeSpan timeout, {{NotNullWhen}} out {{Status}}? exitStatus)
            {
                if (!{{ExitStatus}}.CanReplace(process))
                {
                    return process.TryWaitForExitStatus(timeout, out exitStatus);
                }

                global::PidFdProcess.PidFdExitStatus? status = {{ExitStatus}}.Wait(process, timeout, out global::System.TimeSpan left);
                if (status is null)
                {
                    exitStatus = null;
                    return false;
                }

                if (!{{ExitStatus}}.TryGetStockStatus(status, out int exitCode, out {{PosixSignal}}? signal))
                {
                    return process.TryWaitForExitStatus(left, out exitStatus);
                }

                exitStatus = new {{Status}}(exitCode, false, signal);
                return true;
            }
            """,
    }.ToImmutableDictionary();

    /// <summary>Returns the declaration of an interceptor, without its attributes and modifiers.</summary>
    public static string Get(StockMethod method) => s_templates[method];
}
