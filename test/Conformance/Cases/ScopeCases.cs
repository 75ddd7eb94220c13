using System.Diagnostics;
using System.Globalization;
using System.IO.Pipes;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using PidFdProcess.Shared;

namespace PidFdProcess.Conformance;

internal static class ScopeCases
{
    private const string Stubborn = "trap '' TERM; echo ready; exec sleep 1000";

    private static readonly TimeSpan s_short = TimeSpan.FromMilliseconds(100);

    public static Case[] All { get; } =
    [
        new("scope-stop", Needs.Nothing, StopAsync),
        new("scope-dispose", Needs.Nothing, Dispose),
        new("scope-leave", Needs.Nothing, LeaveAsync),
        new("scope-session", Needs.PidFds | Needs.Proc, SessionAsync),
        new("scope-parent-exit", Needs.Proc, ParentExitAsync),
        new("group-signal", Needs.Proc, GroupSignalAsync),
    ];

    private static async Task StopAsync(ProcessHandleRegistry registry)
    {
        await using ProcessScope scope = new(new ProcessScopeOptions { GracePeriod = s_short, Registry = registry });
        Process stubborn = StartReady(scope, Stubborn);
        Process polite = StartReady(scope, "trap 'exit 42' TERM; echo ready; while :; do sleep 0.01; done");
        Process added = Shell.StartSleeper();
        scope.Add(added);
        Check.Equal(3, scope.Processes.Count);

        ProcessScopeResult result = await scope.StopAsync().WaitAsync(Check.Limit);
        Check.Equal(3, result.Exits.Count);
        Check.Equal(0, result.Survivors.Count);
        Check.Equal(ProcessTable.Exists, result.IncompleteReason is null);
        Check.That(StatusOf(result, stubborn).Canceled);
        Check.Equal<int?>(137, StatusOf(result, stubborn).ExitCode);
        Check.That(StatusOf(result, polite) is { Canceled: false, ExitCode: 42 } or { Canceled: true }, StatusOf(result, polite).ToString());
        Check.That(StatusOf(result, added).ExitCode is 143 or 137, StatusOf(result, added).ToString());
        Check.Throws<ObjectDisposedException>(() => scope.Start(Shell.Info("exit 0")));
        Dispose(stubborn, polite, added);
    }

    private static void Dispose(ProcessHandleRegistry registry)
    {
        ProcessScope scope = new(new ProcessScopeOptions { GracePeriod = s_short, Registry = registry });
        Process process = StartReady(scope, Stubborn);
        scope.Dispose();
        scope.Dispose();
        Check.That(process.WaitForExit((int)Check.Limit.TotalMilliseconds));
        process.Dispose();
    }

    private static async Task LeaveAsync(ProcessHandleRegistry registry)
    {
        await using ProcessScope scope = new(new ProcessScopeOptions { Registry = registry });
        for (int i = 0; i < 20; i++)
        {
            scope.Start(Shell.Info("exit 3"));
        }

        Check.Eventually(() => scope.Processes.Count == 0);
        Check.Equal("0 exited", (await scope.StopAsync().WaitAsync(Check.Limit)).ToString());
    }

    private static async Task SessionAsync(ProcessHandleRegistry registry)
    {
        await using ProcessScope scope = new(new ProcessScopeOptions { GracePeriod = s_short, NewSession = true, Registry = registry });
        Process process = StartReadyOrSkip(scope, "(trap '' TERM; (echo ready; exec sleep 1000) & ); exec sleep 1000");
        Check.Eventually(() => ProcessTable.FieldsOf(process.Id)?[3] == process.Id.ToString(CultureInfo.InvariantCulture));
        await scope.StopAsync().WaitAsync(Check.Limit);
        Check.Eventually(() => !ProcessTable.Ids().Any(id => IsAliveIn(id, process.Id)));
        process.Dispose();
    }

    private static async Task ParentExitAsync(ProcessHandleRegistry registry)
    {
        await using ProcessScope scope = new(new ProcessScopeOptions { GracePeriod = s_short, KillOnParentExit = true, Registry = registry });
        Process process = StartReadyOrSkip(scope, "echo ready; echo $$; exit 7");
        Check.Equal(process.Id.ToString(CultureInfo.InvariantCulture), ReadLine(process));
        Check.Equal<int?>(7, registry.WaitForExitStatus(process).ExitCode);
        process.Dispose();

        // The child prints its PID. Its input stays open, so that only the death of its parent can end it.
        using Process parent = SecondProgram.Start(["own-child", Shell.Path]);
        int child = Host.Parse(ReadLine(parent));
        Check.Equal<int?>(parent.Id, ProcessTable.ParentOf(child));
        registry.Kill(parent);
        Check.That(registry.WaitForExit(parent, (int)Check.Limit.TotalMilliseconds));
        Check.Eventually(() => ProcessTable.StateOf(child) is null or 'Z' or 'X');
    }

    private static async Task GroupSignalAsync(ProcessHandleRegistry registry)
    {
        using Process child = Shell.StartSleeper();
        Check.Throws<InvalidOperationException>(() => registry.SignalGroup(child, PosixSignal.SIGTERM));
        child.Kill();
        child.WaitForExit();

        await using ProcessScope scope = new(new ProcessScopeOptions { GracePeriod = s_short, NewSession = true, Registry = registry });
        Process leader = StartReadyOrSkip(scope, "sleep 1000 & echo ready; exec sleep 1000");
        Check.That(registry.SignalGroup(leader, PosixSignal.SIGTERM));
        Check.Eventually(() => !ProcessTable.Ids().Any(id => IsAliveIn(id, leader.Id)));
        leader.Dispose();
    }

    private static bool IsAliveIn(int id, int sessionId) =>
        ProcessTable.FieldsOf(id) is { } fields
        && fields[0] is not ("Z" or "X")
        && fields[3] == sessionId.ToString(CultureInfo.InvariantCulture);

    private static Process StartReadyOrSkip(ProcessScope scope, string script)
    {
        try
        {
            return StartReady(scope, script);
        }
        catch (PlatformNotSupportedException e)
        {
            throw new SkipException(e.Message);
        }
    }

    private static Process StartReady(ProcessScope scope, string script)
    {
        Process process = scope.Start(Shell.Info(script, redirectOutput: true));
        Check.Equal("ready", ReadLine(process));
        return process;
    }

    /// <summary>Byte by byte from the descriptor: the runtime's own reader needs epoll, which some environments forbid.</summary>
    private static string ReadLine(Process process)
    {
        nint descriptor = ((PipeStream)process.StandardOutput.BaseStream).SafePipeHandle.DangerousGetHandle();
        using FileStream stream = new(new SafeFileHandle(descriptor, ownsHandle: false), FileAccess.Read, bufferSize: 0);
        string line = "";
        for (int next = stream.ReadByte(); next is >= 0 and not '\n'; next = stream.ReadByte())
        {
            line += (char)next;
        }

        return line;
    }

    private static PidFdExitStatus StatusOf(ProcessScopeResult result, Process process) =>
        result.Exits.Single(exit => ReferenceEquals(exit.Process, process)).Status;

    private static void Dispose(params Process[] processes) => Array.ForEach(processes, static process => process.Dispose());
}
