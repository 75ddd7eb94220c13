using System.Diagnostics;
using PidFdProcess.Shared;

namespace PidFdProcess.Conformance;

/// <summary>Runs cases one after the other. Prints one line each, then the sums.</summary>
internal sealed class Runner(Options options)
{
    private readonly TimeSpan _caseLimit = TimeSpan.FromSeconds(240 + (options.SoakSeconds * 2 ?? 0));

    private readonly List<string> _skips = [];
    private int _passed;
    private int _failed;
    private int _descriptors;

    /// <summary>Returns the exit code: 0 if nothing failed.</summary>
    public int Run(IReadOnlyList<Case> all)
    {
        Console.WriteLine($"Linux {Host.Kernel}, {Host.Runtime}, user {Native.UserId()}, pid {Environment.ProcessId}");
        if (options.DescriptorsLeft is { } left)
        {
            // Everything is warmed up but what comes with the first pidfd.
            using ProcessHandleRegistry stock = ParityCases.StockRegistry();
            WarmUp(stock);
            _descriptors = int.MaxValue;
            Run(LimitCases.AtFirstUse(left));
            return Finish();
        }

        PidFdSupport support = ProcessHandleRegistry.Default.Support;
        Console.WriteLine(support);
        Console.WriteLine(support.IdentityReason);
        RequireReason("support", support.Reason, options.ExpectedSupport);
        RequireReason("identity", support.IdentityReason, options.ExpectedIdentity);
        RequireNames(all, options.Only.Concat(options.Except).Concat(options.MaySkip ?? []));

        // The first processes make the runtime and the library open what they keep open.
        using ProcessHandleRegistry registry = new();
        WarmUp(registry);
        _descriptors = Descriptors.Count();
        foreach (Case each in all)
        {
            if ((options.Only.Length == 0 || options.Only.Contains(each.Name)) && !options.Except.Contains(each.Name))
            {
                Run(each);
            }
        }

        if (options.Shares is { } count)
        {
            (int nonChild, int asynchronous, int blocking) = SuccessRates.MeasureAsync(count).GetAwaiter().GetResult();
            Console.WriteLine($"share: {options.EnvironmentName}\t{Host.Kernel}\t{count}\t{nonChild}\t{asynchronous}\t{blocking}");
        }

        return Finish();
    }

    private int Finish()
    {
        if (options.Results is { } results)
        {
            File.AppendAllText(
                results,
                $"{options.EnvironmentName}\t{Host.Kernel}\t{Host.Runtime}\t{_passed}\t{_failed}\t{_skips.Count}\t{string.Join("; ", _skips)}\n");
        }

        Console.WriteLine($"{_passed} passed, {_failed} failed, {_skips.Count} skipped");
        return _failed == 0 ? 0 : 1;
    }

    private static void RequireNames(IReadOnlyList<Case> all, IEnumerable<string> names)
    {
        if (names.FirstOrDefault(name => !all.Any(each => each.Name == name)) is { } unknown)
        {
            throw new ArgumentException($"there is no case {unknown}; --list shows them");
        }
    }

    private void RequireReason(string what, string reason, string? expected)
    {
        if (expected is not null && !reason.StartsWith(expected, StringComparison.Ordinal))
        {
            Report(what, "FAILED", $"the reason does not start with '{expected}'", 0);
            _failed++;
        }
    }

    private static void WarmUp(ProcessHandleRegistry registry)
    {
        using (Process talking = Process.Start(new ProcessStartInfo(Shell.Path, ["-c", "echo x"]) { RedirectStandardOutput = true })!)
        {
            try
            {
                talking.StandardOutput.ReadLine();
            }
            catch (TypeInitializationException)
            {
                // The runtime reads through epoll, which may be forbidden.
            }

            talking.StandardOutput.Dispose();
            talking.WaitForExit();
        }

        using PipedProcess process = new("echo x; exec sleep 1000");
        Task exit = registry.WaitForExitAsync(process);
        registry.Kill(process);
        exit.Wait(Check.Limit);
    }

    private void Run(Case each)
    {
        long start = Stopwatch.GetTimestamp();
        try
        {
            Task run = Task.Run(() => each.RunAsync(static () => new ProcessHandleRegistry()));
            if (!run.ContinueWith(static _ => { }, TaskScheduler.Default).Wait(_caseLimit))
            {
                throw new CheckException($"hangs for {_caseLimit.TotalSeconds} s");
            }

            run.GetAwaiter().GetResult();
            RequireNoLeak();
            _passed++;
            Report(each.Name, "passed", "", Milliseconds(start));
        }
        catch (SkipException e) when (options.MaySkip is null || options.MaySkip.Contains(each.Name))
        {
            _skips.Add($"{each.Name}: {e.Message}");
            Report(each.Name, "skipped", e.Message, Milliseconds(start));
        }
        catch (Exception e)
        {
            _failed++;
            string text = e switch
            {
                SkipException => $"must not be skipped here: {e.Message}",
                CheckException => e.Message,
                _ => e.ToString(),
            };
            Report(each.Name, "FAILED", text, Milliseconds(start));
            _descriptors = Descriptors.Count();
        }
    }

    private void RequireNoLeak()
    {
        // A wait that ended gives its hold back on another thread, shortly after.
        int open = Descriptors.Count();
        for (int i = 0; open > _descriptors && i < 5000; i++)
        {
            Thread.Sleep(1);
            open = Descriptors.Count();
        }

        if (open > _descriptors)
        {
            throw new CheckException($"{open - _descriptors} descriptors are left open");
        }
    }

    private static long Milliseconds(long start) => (long)Stopwatch.GetElapsedTime(start).TotalMilliseconds;

    private static void Report(string name, string result, string text, long milliseconds) =>
        Console.WriteLine($"{result,-7} {name}{(text.Length == 0 ? "" : $": {text}")} ({milliseconds} ms)");
}
