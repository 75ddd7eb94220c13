using System.Diagnostics;
using System.Globalization;
using PidFdProcess.CompilerServices;
using PidFdProcess.Shared;

namespace PidFdProcess.Tests.Dummy.Commands;

/// <summary>
/// Calls each method that the drop-in calls, and the stock method that it replaces, on processes in every state. Prints "same" if both return the
/// same, or throw the same, and otherwise what both did. It is a program because an app can only be switched to the stock route as a whole.
/// </summary>
internal static class CallInterceptors
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_negative = TimeSpan.FromMilliseconds(-2);
    private static readonly CancellationToken s_canceled = new(canceled: true);

    private static readonly (string Name, Func<Process?> Create)[] s_states =
    [
        ("null", static () => null),
        ("unstarted", static () => new Process()),
        ("running", static () => Process.Start("/bin/sleep", "1000")),
        ("ending", static () => Process.Start("/bin/sleep", "0.05")),
        ("exited", static () => Exited()),
        ("closed", static () => Closed()),
        ("exited non-child", static () => ExitedNonChild()),
    ];

    private static readonly (string Name, Func<Process, object?> Stock, Func<Process, object?> DropIn)[] s_calls =
    [
        ("Kill()", static process => None(() => process.Kill()), static process => None(() => ProcessInterceptors.Kill(process))),
        ("Kill(false)", static process => None(() => process.Kill(false)), static process => None(() => ProcessInterceptors.Kill(process, false))),
        ("Kill(true)", static process => None(() => process.Kill(true)), static process => None(() => ProcessInterceptors.Kill(process, true))),
        ("WaitForExit(0)", static process => process.WaitForExit(0), static process => ProcessInterceptors.WaitForExit(process, 0)),
        ("WaitForExit(-2)", static process => process.WaitForExit(-2), static process => ProcessInterceptors.WaitForExit(process, -2)),
        ("WaitForExit(TimeSpan.Zero)", static process => process.WaitForExit(TimeSpan.Zero),
            static process => ProcessInterceptors.WaitForExit(process, TimeSpan.Zero)),
        ("WaitForExit(a negative TimeSpan)", static process => process.WaitForExit(s_negative),
            static process => ProcessInterceptors.WaitForExit(process, s_negative)),
        ("WaitForExitAsync(canceled)", static process => None(process.WaitForExitAsync(s_canceled).Wait),
            static process => None(ProcessInterceptors.WaitForExitAsync(process, s_canceled).Wait)),
    ];

    // Not for a process that runs on. The waits would not end, and Start would leave it behind.
    private static readonly (string Name, Func<Process, object?> Stock, Func<Process, object?> DropIn)[] s_callsAtTheEnd =
    [
        ("Start()", static process => process.Start(), static process => ProcessInterceptors.Start(process)),
        ("WaitForExit()", static process => None(() => process.WaitForExit()),
            static process => None(() => ProcessInterceptors.WaitForExit(process))),
        ("WaitForExitAsync()", static process => None(process.WaitForExitAsync().Wait),
            static process => None(ProcessInterceptors.WaitForExitAsync(process, CancellationToken.None).Wait)),
    ];

    private static readonly (string Name, Func<Process?> Stock, Func<Process?> DropIn)[] s_starts =
    [
        ("Start(info)", static () => Process.Start(Shell.Info("exit 0")), static () => ProcessInterceptors.Start(Shell.Info("exit 0"))),
        ("Start(null)", static () => Process.Start((ProcessStartInfo)null!), static () => ProcessInterceptors.Start((ProcessStartInfo)null!)),
        ("Start(file)", static () => Process.Start("/bin/true"), static () => ProcessInterceptors.Start("/bin/true")),
        ("Start(no file)", static () => Process.Start("/no/such/file"), static () => ProcessInterceptors.Start("/no/such/file")),
        ("Start(file, text)", static () => Process.Start("/bin/sh", "-c exit"), static () => ProcessInterceptors.Start("/bin/sh", "-c exit")),
        ("Start(file, list)", static () => Process.Start("/bin/sh", ["-c", "exit"]),
            static () => ProcessInterceptors.Start("/bin/sh", ["-c", "exit"])),
        ("GetProcessById(self)", static () => Process.GetProcessById(Environment.ProcessId),
            static () => ProcessInterceptors.GetProcessById(Environment.ProcessId)),
        ("GetProcessById(none)", static () => Process.GetProcessById(int.MaxValue), static () => ProcessInterceptors.GetProcessById(int.MaxValue)),
        ("GetProcessById(0)", static () => Process.GetProcessById(0), static () => ProcessInterceptors.GetProcessById(0)),
        ("GetProcessById(self, dot)", static () => Process.GetProcessById(Environment.ProcessId, "."),
            static () => ProcessInterceptors.GetProcessById(Environment.ProcessId, ".")),
        ("GetProcessById(self, other)", static () => Process.GetProcessById(Environment.ProcessId, "other"),
            static () => ProcessInterceptors.GetProcessById(Environment.ProcessId, "other")),
    ];

    public static Task RunAsync()
    {
        Answers.Print("active", ProcessHandleRegistry.Default.Support.IsSupported);
        foreach ((string name, Func<Process, object?> stock, Func<Process, object?> dropIn) in s_calls.Concat(s_callsAtTheEnd))
        {
            bool mayRunOn = s_calls.Any(call => call.Name == name);
            foreach ((string state, Func<Process?> create) in s_states.Where(state => mayRunOn || state.Name != "running"))
            {
                Compare($"{name}, {state}", () => OutcomeOn(create, stock), () => OutcomeOn(create, dropIn));
            }
        }

        foreach ((string name, Func<Process?> stock, Func<Process?> dropIn) in s_starts)
        {
            Compare(name, () => Opened(stock), () => Opened(dropIn));
        }

        return Task.CompletedTask;
    }

    private static void Compare(string name, Func<object?> stock, Func<object?> dropIn) => Answers.Ask(name, () =>
    {
        (string? expected, string? answer) = (OutcomeOf(stock), OutcomeOf(dropIn));
        return expected == answer ? "same" : $"{answer} instead of {expected}";
    }, s_limit);

    private static string? OutcomeOf(Func<object?> call)
    {
        try
        {
            return Convert.ToString(call(), CultureInfo.InvariantCulture);
        }
        catch (Exception e)
        {
            Exception thrown = e is AggregateException { InnerException: { } inner } ? inner : e;
            return $"{thrown.GetType().Name} {(thrown as ArgumentException)?.ParamName}";
        }
    }

    private static object? OutcomeOn(Func<Process?> create, Func<Process, object?> call)
    {
        using Process? process = create();
        try
        {
            return call(process!);
        }
        finally
        {
            End(process);
        }
    }

    private static string? Opened(Func<Process?> open)
    {
        using Process? process = open();
        return process is null ? null : $"{process.GetType().Name} {process.Id == Environment.ProcessId}";
    }

    private static object? None(Action call)
    {
        call();
        return null;
    }

    private static void End(Process? process)
    {
        try
        {
            process?.Kill();
        }
        catch (InvalidOperationException)
        {
            // It never ran, or is closed.
        }
    }

    private static Process Exited()
    {
        Process process = Process.Start("/bin/true");
        process.WaitForExit();
        return process;
    }

    private static Process Closed()
    {
        Process process = Exited();
        process.Close();
        return process;
    }

    private static Process ExitedNonChild()
    {
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        Process process = Process.GetProcessById(nonChild.Id);
        nonChild.KillAndWaitUntilReaped();
        return process;
    }
}
