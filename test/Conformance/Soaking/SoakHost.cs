using System.Diagnostics;
using System.Globalization;
using PidFdProcess.Shared;

namespace PidFdProcess.Conformance.Soaking;

/// <summary>
/// Hosts that get in the way of every process that they start. Native code takes SIGCHLD or reaps, there are few descriptors, or the thread pool is
/// starved. Each is a program of its own, because nothing in it works as usual afterwards.
/// </summary>
internal static class SoakHost
{
    /// <summary>What a tracer prints when it traces.</summary>
    public const string Traced = "traced";

    private const int SigChld = 17;
    private const int Seize = 0x4206;
    private const nint Default = 0;
    private const nint Ignore = 1;

    private static readonly Dictionary<string, Action<Random>> s_hosts = new()
    {
        ["sigchld-ignored"] = random => new SigChldHost(isReaped: true).Step(random),
        ["sigchld-replaced"] = random => new SigChldHost(isReaped: false).Step(random),
        ["reaped-by-native-code"] = random => new SigChldHost(isReaped: true).Step(random),
        ["few-descriptors"] = ShortHosts.LeaveFewDescriptors,
        ["starved-pool"] = _ => ShortHosts.StarvePool(),
    };

    /// <summary>Makes cases of the hosts.</summary>
    public static IEnumerable<Case> Cases(Options options) => s_hosts.Keys.Select(name => new Case($"soak-{name}", Needs.PidFds | Needs.Proc, _ =>
    {
        string seconds = (options.SoakSeconds!.Value / s_hosts.Count).ToString(CultureInfo.InvariantCulture);
        using Process program = Process.Start(
            Info("--host", name, "--soak", seconds, "--seed", options.Seed.ToString(CultureInfo.InvariantCulture), "--shell", Shell.Path))!;
        program.StandardInput.Close();
        Task<string> reading = program.StandardOutput.ReadToEndAsync();
        program.WaitForExitOnlyPidFd();

        // What the host leaves behind if it dies keeps the output open.
        string output = reading.Wait(Check.Limit) ? reading.Result : "its output has not ended";
        Console.Write(output);
        Check.That(program.ExitCode == 0, $"--seed {options.Seed}, host {name}, exit code {program.ExitCode}: {output}");
    }));

    /// <summary>Starts this program with other arguments.</summary>
    public static ProcessStartInfo Info(params string[] arguments)
    {
        ProcessStartInfo info = new(Environment.ProcessPath!, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true };

        // An idle thread of the pool would end after 20 s, and without descriptors no other can start.
        info.Environment["DOTNET_ThreadPool_ThreadTimeoutMs"] = "7FFFFFFF";

        // Without descriptors the runtime may be unable to prepare a method. So each method is prepared once, in the first steps.
        info.Environment["DOTNET_TieredCompilation"] = "0";
        return info;
    }

    /// <summary>Is a host for some time.</summary>
    public static int Run(string name, int seconds, int seed)
    {
        // The runtime takes SIGCHLD when it starts its first child.
        using (Process first = Shell.StartExiting(0))
        {
            first.WaitForExit();
        }

        if (name is "sigchld-ignored" or "sigchld-replaced" or "reaped-by-native-code")
        {
            Native.Signal(SigChld, name == "sigchld-ignored" ? Ignore : Default);
        }

        if (name == "reaped-by-native-code")
        {
            new Thread(ReapAll) { IsBackground = true }.Start();
        }

        // Of an exception for lack of memory, the runtime would print no stack.
        AppDomain.CurrentDomain.UnhandledException += static (_, e) => Console.WriteLine(e.ExceptionObject);
        Random random = new(seed);
        long start = Stopwatch.GetTimestamp();
        int steps = 0;
        try
        {
            do
            {
                s_hosts[name](random);
                steps++;
            }
            while (Stopwatch.GetElapsedTime(start).TotalSeconds < seconds);
        }
        catch (Exception e)
        {
            Console.WriteLine($"step {steps}: {(e is CheckException ? e.Message : e)}");
            return 1;
        }

        Console.WriteLine($"soak: host {name}: {steps} steps");
        return 0;
    }

    /// <summary>Traces a process until the input ends.</summary>
    public static int Trace(int processId)
    {
        Console.WriteLine(Native.Trace(Seize, processId, 0, 0) == 0 ? Traced : "not traced");
        Console.ReadLine();
        return 0;
    }

    private static void ReapAll()
    {
        for (;;)
        {
            if (Native.WaitPid(-1, out _, 0) == -1)
            {
                Thread.Sleep(1);
            }
        }
    }
}
