using System.Diagnostics;
using System.Runtime.InteropServices;
using PidFdProcess.Shared;

namespace PidFdProcess.Conformance;

/// <summary>An app sees the same with pidfds and without.</summary>
internal static class ParityCases
{
    private const string Switch = "PidFdProcess.Disabled";

    public static Case[] All { get; } = [new("fallback-parity", Needs.Nothing, CompareAsync)];

    /// <summary>A registry that an operator has switched off.</summary>
    public static ProcessHandleRegistry StockRegistry()
    {
        AppContext.SetSwitch(Switch, true);
        try
        {
            ProcessHandleRegistry registry = new();
            Check.That(!registry.Support.IsSupported && registry.Support.Reason.Contains(Switch, StringComparison.Ordinal));
            return registry;
        }
        finally
        {
            AppContext.SetSwitch(Switch, false);
        }
    }

    private static async Task CompareAsync(ProcessHandleRegistry registry)
    {
        using ProcessHandleRegistry stock = StockRegistry();
        List<string> expected = await AnswersAsync(stock);
        List<string> actual = await AnswersAsync(registry);
        Check.Equal(string.Join('\n', expected), string.Join('\n', actual));
    }

    private static async Task<List<string>> AnswersAsync(ProcessHandleRegistry registry)
    {
        List<string> answers = [];
        using (Process exiting = Shell.StartExitingOnCommand(17))
        {
            answers.Add($"running: {registry.HasExited(exiting)} {registry.WaitForExit(exiting, 0)} {registry.WaitForExit(exiting, 5)}");
            answers.Add($"invalid: {Outcome(() => registry.WaitForExit(exiting, -2))}");
            answers.Add($"signal 0: {registry.Signal(exiting, (Mono.Unix.Native.Signum)0)}");
            answers.Add($"canceled: {await OutcomeAsync(registry.WaitForExitAsync(exiting, new CancellationToken(true)))}");
            Task exit = registry.WaitForExitAsync(exiting);
            exiting.StandardInput.Close();
            answers.Add($"exit: {await OutcomeAsync(exit)} {exiting.HasExited} {exiting.ExitCode} {exiting.EnableRaisingEvents}");
            answers.Add($"after: {registry.HasExited(exiting)} {registry.WaitForExit(exiting, 0)} {registry.WaitForExit(exiting, -1)}");
            answers.Add($"kill: {Outcome(() => registry.Kill(exiting))} {Outcome(() => registry.Kill(exiting, true))}");
            answers.Add($"signal: {registry.Signal(exiting, PosixSignal.SIGTERM)}");
            answers.Add($"canceled after: {await OutcomeAsync(registry.WaitForExitAsync(exiting, new CancellationToken(true)))}");
        }

        using (Process killed = Shell.StartSleeper())
        {
            registry.Kill(killed);
            answers.Add($"killed: {registry.WaitForExit(killed, -1)} {killed.ExitCode} {registry.WaitForExitStatus(killed).ExitCode}");
            killed.Close();
            answers.Add($"closed: {Outcome(() => registry.Kill(killed))} {await OutcomeAsync(registry.WaitForExitAsync(killed))}");
        }

        using (NonChildProcess nonChild = NonChildProcess.StartReaped())
        using (Process process = registry.Open(nonChild.Id))
        {
            answers.Add($"non-child: {registry.HasExited(process)} {registry.WaitForExit(process, 5)}");
            nonChild.KillAndWaitUntilReaped();
            string observed = $"{registry.HasExited(process)} {registry.WaitForExit(process, -1)}";
            answers.Add($"non-child after: {observed} {Outcome(() => registry.Kill(process))}");
            answers.Add($"non-child open: {Outcome(() => registry.Open(nonChild.Id))}");
        }

        return answers;
    }

    private static string Outcome(Action action)
    {
        try
        {
            action();
            return "done";
        }
        catch (Exception e)
        {
            return e.GetType().Name;
        }
    }

    private static async Task<string> OutcomeAsync(Task task)
    {
        try
        {
            await task.WaitAsync(Check.Limit);
            return "done";
        }
        catch (Exception e)
        {
            return e is OperationCanceledException ? nameof(OperationCanceledException) : e.GetType().Name;
        }
    }
}
