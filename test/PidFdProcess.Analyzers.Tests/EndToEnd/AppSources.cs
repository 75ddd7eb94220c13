namespace PidFdProcess.Analyzers.Tests.EndToEnd;

/// <summary>Programs that the end-to-end tests build.</summary>
internal static class AppSources
{
    /// <summary>Starts, opens, waits and kills, and prints what is attached.</summary>
    public const string Attachments = """
        using System.Diagnostics;
        using PidFdProcess;

        ProcessStartInfo sleeper = new("/bin/sleep", "1000");
        using Process a = Process.Start(sleeper)!;
        Print("Start(ProcessStartInfo)", a);
        using Process b = Process.Start("/bin/sleep", "1000");
        Print("Start(string, string)", b);
        using Process c = Process.Start("/bin/sleep", ["1000"]);
        Print("Start(string, IEnumerable)", c);
        using Process d = new() { StartInfo = sleeper };
        d.Start();
        Print("Start()", d);
        using Process e = Process.GetProcessById(a.Id);
        Print("GetProcessById(int)", e);
        using Process f = Process.GetProcessById(a.Id, ".");
        Print("GetProcessById(int, string)", f);
        using Process g = Process.GetProcessById(a.Id, Environment.MachineName);
        Print("GetProcessById(int, name of this machine)", g);
        string script = Path.Combine(AppContext.BaseDirectory, "sleeper");
        File.WriteAllText(script, "#!/bin/sh\nexec sleep 1000\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        using Process h = Process.Start(script);
        Print("Start(string)", h);

        a.Kill();
        a.WaitForExit();
        b.Kill(true);
        await b.WaitForExitAsync();
        c.Kill();
        bool exited = c.WaitForExit(10_000);
        d.Kill();
        exited &= d.WaitForExit(TimeSpan.FromSeconds(10));
        h.Kill();
        h.WaitForExit();
        Console.WriteLine($"{exited} {a.ExitCode} {b.ExitCode} {c.ExitCode} {d.ExitCode}");

        static void Print(string call, Process process)
        {
            bool isAttached = ProcessHandleRegistry.Default.TryGetAttachment(process, out ProcessAttachment? attachment);
            Console.WriteLine($"{call}: {(isAttached ? attachment!.Route : "none")}");
        }
        """;

    /// <summary>Prints what each stock call answers or throws, in particular where it fails. The lines must not depend on the property.</summary>
    public const string Outcomes = """
        using System.ComponentModel;
        using System.Diagnostics;
        using System.Globalization;

        const int Missing = 99_999_999;
        Process none = null!;
        Process unstarted = new();
        Process closed = Process.Start("/bin/true");
        closed.WaitForExit();
        closed.Dispose();
        Process exited = Process.Start("/bin/sh", ["-c", "exit 3"]);
        exited.WaitForExit();
        using Process running = Process.Start("/bin/sleep", "1000");

        (string, Process)[] objects = [("null", none), ("unstarted", unstarted), ("closed", closed), ("exited", exited)];
        foreach ((string name, Process process) in objects)
        {
            Show($"{name} Kill()", () => process.Kill());
            Show($"{name} Kill(false)", () => process.Kill(false));
            Show($"{name} Kill(true)", () => process.Kill(true));
            Show($"{name} WaitForExit()", () => process.WaitForExit());
            Show($"{name} WaitForExit(0)", () => process.WaitForExit(0));
            Show($"{name} WaitForExit(TimeSpan)", () => process.WaitForExit(TimeSpan.FromSeconds(1)));
            Show($"{name} WaitForExitAsync()", () => process.WaitForExitAsync());
            Show($"{name} WaitForExitAsync(cancelled)", () => process.WaitForExitAsync(new CancellationToken(true)));
        }

        Show("null Start()", () => none.Start());
        Show("unstarted Start()", () => unstarted.Start());
        Show("exited ExitCode", () => exited.ExitCode);
        Show("running WaitForExit(0)", () => running.WaitForExit(0));
        Show("running WaitForExit(-2)", () => running.WaitForExit(-2));
        Show("running WaitForExit(too long)", () => running.WaitForExit(TimeSpan.FromDays(365)));
        Show("running WaitForExitAsync(cancelled)", () => running.WaitForExitAsync(new CancellationToken(true)));
        using CancellationTokenSource soon = new(20);
        Show("running WaitForExitAsync(soon cancelled)", () => running.WaitForExitAsync(soon.Token));
        Show("own tree Kill(true)", () => { using Process self = Process.GetCurrentProcess(); self.Kill(true); });
        Show("missing program", () => Process.Start("/no/such/program"));
        Show("missing program with arguments", () => Process.Start("/no/such/program", "a"));
        Show("missing program with a list", () => Process.Start("/no/such/program", ["a"]));
        Show("no program", () => Process.Start(new ProcessStartInfo()));
        Show("null program", () => Process.Start((string)null!));
        Show("null info", () => Process.Start((ProcessStartInfo)null!));
        Show("null arguments", () => Process.Start("/bin/true", (string)null!)!.WaitForExit(10_000));
        Show("null list", () => Process.Start("/bin/true", (string[])null!));
        Show("missing PID", () => Process.GetProcessById(Missing));
        Show("missing PID here", () => Process.GetProcessById(Missing, "."));
        Show("missing PID on this machine", () => Process.GetProcessById(Missing, Environment.MachineName));
        Show("no machine", () => Process.GetProcessById(Missing, null!));
        Show("empty machine", () => Process.GetProcessById(1, ""));
        Show("another machine", () => Process.GetProcessById(1, "another.invalid"));
        Show("PID 0", () => Process.GetProcessById(0).Id);
        Show("PID -1", () => Process.GetProcessById(-1).Id);
        Show("machine of .", () => Process.GetProcessById(1, ".").MachineName);
        Show("machine of its name", () => Process.GetProcessById(1, Environment.MachineName).MachineName == Environment.MachineName);
        int thread = Directory.GetDirectories("/proc/self/task")
            .Select(task => int.Parse(Path.GetFileName(task), CultureInfo.InvariantCulture)).First(id => id != Environment.ProcessId);
        Show("thread id", () => Process.GetProcessById(thread).Id == thread);

        int raised = 0;
        using Process watched = new() { StartInfo = new("/bin/sh", "-c \"echo text\"") { RedirectStandardOutput = true } };
        watched.EnableRaisingEvents = true;
        using ManualResetEventSlim told = new();
        string text = "";
        watched.Exited += (_, _) => { Interlocked.Increment(ref raised); told.Set(); };
        watched.OutputDataReceived += (_, line) => text += line.Data;
        watched.Start();
        watched.BeginOutputReadLine();
        await watched.WaitForExitAsync();
        told.Wait();
        Show("events", () => $"{raised} {text} {watched.ExitCode} {watched.HasExited}");

        running.Kill();
        running.WaitForExit();
        Show("killed", () => running.ExitCode);

        if (args.Length > 0)
        {
            // As another user: not permitted.
            using Process other = Process.GetProcessById(int.Parse(args[0], CultureInfo.InvariantCulture));
            Show("not permitted Kill()", () => other.Kill());
            Show("not permitted Kill(true)", () => other.Kill(true));
            Show("not permitted WaitForExit(0)", () => other.WaitForExit(0));
        }

        static void Show(string name, Delegate call)
        {
            string outcome;
            try
            {
                object? result = call is Action action ? Run(action) : call is Func<Task> task ? Await(task()) : call.DynamicInvoke();
                outcome = result is Process process ? $"process {process.Id}" : $"{result}";
            }
            catch (Exception caught)
            {
                Exception e = caught is System.Reflection.TargetInvocationException { InnerException: { } inner } ? inner : caught;
                string details = $"{(e as Win32Exception)?.NativeErrorCode} {(e as ArgumentException)?.ParamName}";
                outcome = $"{e.GetType()} {details} {(e as AggregateException)?.InnerExceptions.Count}"
                    + (e is ArgumentException ? " " + e.Message.ReplaceLineEndings(" ") : "");
            }

            Console.WriteLine($"{name}: {outcome}");
        }

        static string Run(Action action) { action(); return "done"; }

        static string Await(Task task)
        {
            Console.Write(task.IsFaulted || task.IsCanceled ? "(through the task) " : "");
            task.GetAwaiter().GetResult();
            return "done";
        }
        """;

    /// <summary>Checks what <see cref="Attachments"/> has printed in an app with the property.</summary>
    public static void AssertAllAttached(string output)
    {
        string[] lines = output.Split('\n');
        Assert.HasCount(9, lines);
        Assert.AreEqual("True 137 137 137 137", lines[^1]);
        foreach (string line in lines[..^1])
        {
            Assert.EndsWith(": PidFd", line);
        }
    }
}
