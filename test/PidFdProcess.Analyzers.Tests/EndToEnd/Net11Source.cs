namespace PidFdProcess.Analyzers.Tests.EndToEnd;

/// <summary>A program that calls what .NET 11 added to Process.</summary>
internal static class Net11Source
{
    /// <summary>
    /// Prints what each call answers or throws. Only the lines that begin with "route" and "stranger" may depend on the property.
    /// </summary>
    public const string Calls = """
        using System.Diagnostics;
        using System.Globalization;
        using System.Runtime.InteropServices;
        using PidFdProcess;

        Console.WriteLine($"runtime: {Environment.Version.Major}");
        foreach (string end in (string[])["exit 0", "exit 3", "kill -TERM $$", "kill -KILL $$", "kill -HUP $$", "kill -USR1 $$", "kill -SEGV $$"])
        {
            using Process a = Run(end);
            using Process b = Run(end);
            using Process c = Run(end);
            Show($"{end}: WaitForExitStatus", () => $"{Text(a.WaitForExitStatus())} {a.HasExited} {a.ExitCode}");
            Show($"{end}: again", () => Text(a.WaitForExitStatus()));
            Show($"{end}: WaitForExitStatusAsync", () => $"{Text(b.WaitForExitStatusAsync().GetAwaiter().GetResult())} {b.HasExited} {b.ExitCode}");
            Show($"{end}: TryWaitForExitStatus", () =>
            {
                bool exited = c.TryWaitForExitStatus(TimeSpan.FromSeconds(10), out ProcessExitStatus? status);
                return $"{exited} {Text(status)} {c.HasExited} {c.ExitCode}";
            });
            Show($"{end}: ExitCode", () => $"{a.ExitCode} {b.ExitCode} {c.ExitCode} {a.HasExited}");
            Show($"{end}: Signal", () => $"{a.Signal(PosixSignal.SIGTERM)}");
        }

        Process none = null!;
        using Process unstarted = new();
        using Process sleeper = Process.Start("/bin/sleep", ["1000"]);
        foreach ((string name, Process process) in ((string, Process)[])[("null", none), ("unstarted", unstarted)])
        {
            Show($"{name} Signal", () => $"{process.Signal(PosixSignal.SIGTERM)}");
            Show($"{name} WaitForExitStatus", () => Text(process.WaitForExitStatus()));
            Show($"{name} WaitForExitStatusAsync, not awaited", () => $"{process.WaitForExitStatusAsync().Status}");
            Show($"{name} WaitForExitStatusAsync", () => Text(process.WaitForExitStatusAsync().GetAwaiter().GetResult()));
            Show(
                $"{name} TryWaitForExitStatus",
                () => $"{process.TryWaitForExitStatus(TimeSpan.Zero, out ProcessExitStatus? status)} {Text(status)}");
        }

        foreach (int signal in (int[])[0, 65, -12])
        {
            Show($"signal {signal}", () => $"{sleeper.Signal((PosixSignal)signal)}");
        }

        using Process shell = new() { StartInfo = new("/bin/sh", ["-c", "sleep 1000 & echo $!; wait"]) { RedirectStandardOutput = true } };
        shell.Start();
        using Process grandchild = Process.GetProcessById(int.Parse(shell.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture));
        Show("non-child WaitForExitStatus", () => Text(grandchild.WaitForExitStatus()));
        Show("non-child WaitForExitStatusAsync", () => Text(grandchild.WaitForExitStatusAsync().GetAwaiter().GetResult()));
        Show("non-child TryWaitForExitStatus", () => $"{grandchild.TryWaitForExitStatus(TimeSpan.Zero, out _)}");
        grandchild.Kill();
        shell.WaitForExit();

        // The streams stay open after the exit, and no wait for a status waits for them.
        using Process leaving = new() { StartInfo = new("/bin/sh", ["-c", "sleep 1000 & echo $!"]) { RedirectStandardOutput = true } };
        TaskCompletionSource<int> heir = new();
        leaving.OutputDataReceived += (_, line) =>
        {
            if (int.TryParse(line.Data, CultureInfo.InvariantCulture, out int id))
            {
                heir.TrySetResult(id);
            }
        };
        leaving.Start();
        leaving.BeginOutputReadLine();
        Show("open streams", () => $"{Text(leaving.WaitForExitStatus())} {Text(leaving.WaitForExitStatusAsync().GetAwaiter().GetResult())}");
        Process.GetProcessById(heir.Task.GetAwaiter().GetResult()).Kill();

        Show("no such signal", () => $"{sleeper.Signal((PosixSignal)999)}");
        Show("running TryWaitForExitStatus", () => $"{sleeper.TryWaitForExitStatus(TimeSpan.Zero, out ProcessExitStatus? status)} {Text(status)}");
        Show("running TryWaitForExitStatus(-5 ms)", () => $"{sleeper.TryWaitForExitStatus(TimeSpan.FromMilliseconds(-5), out _)}");
        Show("running TryWaitForExitStatus(too long)", () => $"{sleeper.TryWaitForExitStatus(TimeSpan.FromDays(400), out _)}");
        Show(
            "running WaitForExitStatusAsync(cancelled)",
            () => Text(sleeper.WaitForExitStatusAsync(new CancellationToken(true)).GetAwaiter().GetResult()));
        using CancellationTokenSource soon = new(20);
        Show("running WaitForExitStatusAsync(soon cancelled)", () => Text(sleeper.WaitForExitStatusAsync(soon.Token).GetAwaiter().GetResult()));

        foreach (int id in (int[])[sleeper.Id, 99_999_999, 0, -1])
        {
            Show($"TryGetProcessById({(id == sleeper.Id ? "running" : id)})", () =>
            {
                bool found = Process.TryGetProcessById(id, out Process? process);
                string text = $"{found} {process?.Id == id}";
                if (id == sleeper.Id)
                {
                    bool isAttached = ProcessHandleRegistry.Default.TryGetAttachment(process!, out ProcessAttachment? attachment);
                    Console.WriteLine($"route {(isAttached ? attachment!.Route : "none")}");
                }

                return text;
            });
        }

        Show("Signal", () => $"{sleeper.Signal(PosixSignal.SIGTERM)} {Text(sleeper.WaitForExitStatus())} {sleeper.Signal(PosixSignal.SIGTERM)}");
        Console.WriteLine($"stranger {Stranger()}");

        static Process Run(string script) => Process.Start("/bin/sh", ["-c", script]);

        static string Text(ProcessExitStatus? status) => status is null ? "none" : $"{status.ExitCode} {status.Signal} {status.Canceled}";

        static void Show(string name, Func<string> call)
        {
            string outcome;
            try
            {
                outcome = call();
            }
            catch (Exception e)
            {
                outcome = $"{e.GetType()} {(e as ArgumentException)?.ParamName}";
            }

            Console.WriteLine($"{name}: {outcome}");
        }

        // A child has exited, and another process has its PID when it is signalled.
        static string Stranger()
        {
            for (int i = 0; i < 100; i++)
            {
                using Process child = Process.Start("/bin/true");
                child.WaitForExit();
                try
                {
                    File.WriteAllText("/proc/sys/kernel/ns_last_pid", (child.Id - 1).ToString(CultureInfo.InvariantCulture));
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    return "no PID can be forced";
                }

                using Process stranger = Process.Start("/bin/sleep", "1000");
                try
                {
                    if (stranger.Id == child.Id)
                    {
                        child.Signal(PosixSignal.SIGTERM);
                        return stranger.WaitForExit(200) ? "was killed" : "lives";
                    }
                }
                finally
                {
                    stranger.Kill();
                    stranger.WaitForExit();
                }
            }

            return "was not there";
        }
        """;
}
