using System.Diagnostics;
using System.Runtime.InteropServices;

namespace PidFdProcess.Tests.Dummy.Commands;

/// <summary>Leaves a scope open and ends in one of several ways. Prints a line when the processes run.</summary>
internal static class ScopeEnd
{
    // A child with a descendant, which both ignore SIGTERM.
    private const string Stubborn = "trap '' TERM; sleep 1000 & echo started; exec sleep 1000";

    // Writes the signals that it gets to the file. Ends a while after the first one, so that a second one is written, too.
    private const string Telling = """
        for name in TERM INT HUP; do trap "echo $name >>'$SCOPE_END_FILE'" $name; done
        echo started
        while [ ! -s "$SCOPE_END_FILE" ]; do sleep 0.01; done
        i=0; while [ $((i += 1)) -lt 50 ]; do sleep 0.01; done
        """;

    // Starts a process when it gets SIGCONT, which the scope sends after SIGINT, and tells how that one ended.
    private const string StartsLate = """
        trap : INT
        trap "sleep 1000; echo late \$? >>'$SCOPE_END_FILE'; exit" CONT
        echo started
        while :; do sleep 0.01; done
        """;

    private static readonly PosixSignal[] s_forwarded = [PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGHUP];

    public static async Task RunAsync(string how)
    {
        TaskCompletionSource handled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        if (how == "forward-handled")
        {
            Array.ForEach(s_forwarded, signal => PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                handled.TrySetResult();
            }));
        }

        using PosixSignalRegistration? before = how == "handled-before" ? Handle() : null;
        ProcessScope scope = new(new ProcessScopeOptions
        {
            GracePeriod = TimeSpan.FromSeconds(20),
            ForwardSignals = how.StartsWith("forward", StringComparison.Ordinal)
                ? s_forwarded
                : [],
        });
        Start(scope, how switch
        {
            "forward" or "forward-handled" => Telling,
            "forward-late" => StartsLate,
            _ => Stubborn,
        });
        using PosixSignalRegistration? after = how == "handled-after" ? Handle() : null;
        Console.WriteLine("ready");
        switch (how)
        {
            case "return":
                return;
            case "exit":
                Environment.Exit(3);
                return;
            case "throw":
                await Task.Yield();
                throw new InvalidOperationException("no code handles this");
            case "throw-on-thread":
                new Thread(static () => throw new InvalidOperationException("no code handles this")).Start();
                break;
            case "dispose-in-exit":
                AppDomain.CurrentDomain.ProcessExit += (_, _) => scope.Dispose();
                Environment.Exit(3);
                return;
            case "forward-handled":
                await handled.Task;
                await scope.DisposeAsync();
                Console.WriteLine("stopped");
                return;
            case "handled-before" or "handled-after":
                await Console.In.ReadLineAsync();
                return;
        }

        await Task.Delay(Timeout.Infinite);
    }

    private static PosixSignalRegistration Handle() => PosixSignalRegistration.Create(PosixSignal.SIGTERM, static context =>
    {
        context.Cancel = true;
        Console.WriteLine("cancelled");
    });

    private static void Start(ProcessScope scope, string script)
    {
        Process process = scope.Start(new ProcessStartInfo("/bin/sh", ["-c", script]) { RedirectStandardOutput = true });
        if (process.StandardOutput.ReadLine() != "started")
        {
            throw new InvalidOperationException("the script did not start");
        }
    }
}
