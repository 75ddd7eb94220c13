using System.Diagnostics;
using System.Diagnostics.Tracing;
using PidFdProcess.Shared;

namespace PidFdProcess.Tests.Dummy.Commands;

/// <summary>
/// A native library has replaced the handler of SIGCHLD, so the runtime reaps no child. Prints what each call on a dead child answers and whether
/// it kept its limit.
/// </summary>
internal static class LostSigChld
{
    private const int Waits = 20;

    private static readonly TimeSpan s_reap = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    // A busy machine takes its time. A call that waits for the reap takes 10 s at least.
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan s_late = TimeSpan.FromSeconds(60);

    private static readonly Dictionary<string, Func<Process, object?>> s_bounded = new()
    {
        ["HasExited"] = static process => process.HasExitedPidFd(),
        ["WaitForExit(0)"] = static process => process.WaitForExitPidFd(0),
        ["WaitForExit(500 ms)"] = static process => process.WaitForExitPidFd(500),
        ["WaitForExitAsync with a token"] = static process => Wait(token => process.WaitForExitPidFdAsync(token)),
        ["WaitForExitOnlyAsync with a token"] = static process => Wait(token => process.WaitForExitOnlyPidFdAsync(token)),
        ["WaitForExitAsync, registry disposed after the exit"] = static _ => WaitInDisposedRegistry(),
        ["WaitForExitStatus"] = static process => process.WaitForExitStatusPidFd(),
        ["WaitForExitStatusAsync"] = static process => process.WaitForExitStatusPidFdAsync().Result,
        ["TryWaitForExitStatus"] = static process => process.TryWaitForExitStatusPidFd(s_second, out PidFdExitStatus? status) ? status : null,
        ["WaitForExitOrKill"] = static process => process.WaitForExitOrKillPidFd(s_second),
        ["WaitForExitOrKillAsync"] = static process => process.WaitForExitOrKillPidFdAsync(s_second).Result,
        ["WaitForExitOrKillAsync with a token"] = static process => process.WaitForExitOrKillPidFdAsync(Soon()).Result,
        ["Stop"] = static process => process.StopViaPidFd(s_second),
        ["StopAsync"] = static process => process.StopViaPidFdAsync(s_second).Result,
        ["Stop of the tree"] = static process => process.StopViaPidFd(s_second, entireProcessTree: true),
        ["StopAsync of the tree"] = static process => process.StopViaPidFdAsync(s_second, entireProcessTree: true).Result,
        ["Kill of the tree"] = static process =>
        {
            process.KillViaPidFd(entireProcessTree: true);
            return "ended";
        },
        ["WhenAnyExit"] = static process => ReferenceEquals(new[] { process }.WhenAnyExitPidFdAsync().Result, process),
    };

    private static readonly Dictionary<string, Func<Process, object?>> s_unbounded = new()
    {
        ["WaitForExit"] = static process => Ended(process.WaitForExitPidFd),
        ["WaitForExitOnly"] = static process => Ended(process.WaitForExitOnlyPidFd),
        ["WaitForExitAsync"] = static process => Ended(() => process.WaitForExitPidFdAsync().GetAwaiter().GetResult()),
        ["WaitForExitAsync, begun before the exit"] = static process =>
        {
            Task wait = process.WaitForExitPidFdAsync();
            process.KillViaPidFd();
            return Ended(() => wait.GetAwaiter().GetResult());
        },
    };

    public static Task RunAsync() => Answers.OnOwnThread(Run);

    private static void Run()
    {
        using OverdueListener listener = new();
        using (Process first = Process.Start("/bin/true"))
        {
            // The runtime installs its handler for the first child.
            first.WaitForExit();
        }

        NativeHost.LoseSigChld();
        Task unbounded = Task.WhenAll(s_unbounded.Select(static each => Answers.OnOwnThread(() => Answers.AskInTime(
            each.Key, () => each.Value(each.Key.Contains("before", StringComparison.Ordinal) ? Start() : StartDead()), s_reap, s_late))));
        foreach ((string name, Func<Process, object?> call) in s_bounded)
        {
            Process dead = StartDead();
            Answers.Ask(name, () => call(dead), s_soon);
        }

        PrintPoolThreads();
        listener.MayBlock = true;
        unbounded.Wait();
        Condition.WaitFor(() => listener.Count >= s_unbounded.Count, "each wait without a limit has told that it is late", s_late);
        Answers.Print("each late wait is told", listener.Count >= s_unbounded.Count);

        // The listener blocks in an event of an asynchronous wait, until this one ends.
        Condition.WaitFor(() => listener.IsBlocked, "the listener blocks", s_late);
        Process last = Start();
        Task<PidFdExitStatus> status = last.WaitForExitStatusPidFdAsync();
        last.KillViaPidFd();
        Answers.Ask("a wait while a listener to the event blocks", () => status.Result, s_soon);
        listener.Go();
    }

    /// <summary>Waits that are pending or cancelled after the exit of their processes must keep no pool thread.</summary>
    private static void PrintPoolThreads()
    {
        using CancellationTokenSource source = new();
        Process[] children = [.. Enumerable.Range(0, Waits).Select(static _ => Start())];
        Task[] waits = Array.ConvertAll(children, child => child.WaitForExitPidFdAsync(source.Token));
        Task[] others = Array.ConvertAll(children, static child => child.WaitForExitPidFdAsync());
        Array.ForEach(children, static child => child.KillViaPidFd());
        Condition.WaitFor(() => children.All(static child => ProcessTable.StateOf(child.Id) == 'Z'), "the children are zombies", s_late);
        source.Cancel();
        Answers.Ask("cancelled waits", () => Wait(_ => Task.WhenAll(waits)), s_soon);
        int inUse = 0;
        Condition.WaitFor(
            () => (inUse = PoolThreadsInUse()) == 0 || others.Any(static wait => wait.IsCompleted), "no pool thread is in use", s_late);
        Answers.Print("pool threads in use", inUse);
    }

    private static int PoolThreadsInUse()
    {
        ThreadPool.GetMaxThreads(out int max, out _);
        ThreadPool.GetAvailableThreads(out int available, out _);
        return max - available;
    }

    private static string WaitInDisposedRegistry()
    {
        using ProcessHandleRegistry registry = new();
        Process child = Shell.StartSleeper();
        Task wait = registry.WaitForExitAsync(child);
        Task<PidFdExitStatus> status = registry.WaitForExitStatusAsync(child);
        registry.Kill(child);

        // Both are told of the exit at once, and the first is late from then on.
        status.Wait();
        registry.Dispose();
        return Ended(() => wait.GetAwaiter().GetResult());
    }

    private static string Ended(Action call)
    {
        call();
        return "ended";
    }

    private static string? Wait(Func<CancellationToken, Task> wait) => Ended(() => wait(Soon()).GetAwaiter().GetResult());

    private static CancellationToken Soon() => new CancellationTokenSource(TimeSpan.FromMilliseconds(300)).Token;

    private static Process Start()
    {
        Process child = Shell.StartSleeper();
        ProcessHandleRegistry.Default.Attach(child);
        return child;
    }

    private static Process StartDead()
    {
        Process child = Start();
        child.KillViaPidFd();
        Condition.WaitFor(() => ProcessTable.StateOf(child.Id) == 'Z', "the child is a zombie", s_late);
        return child;
    }

    /// <summary>Counts the events that tell of a late reap. Blocks in the first that no blocking call tells on its own thread.</summary>
    private sealed class OverdueListener : EventListener
    {
        private readonly ManualResetEventSlim _go = new();
        private int _count;
        private int _blocked;

        public int Count => Volatile.Read(ref _count);

        public bool IsBlocked => Volatile.Read(ref _blocked) > 0;

        /// <summary>Gets or sets a value indicating whether it blocks. Before, a blocked thread would count as one that the waits keep.</summary>
        public bool MayBlock { get; set; }

        public void Go() => _go.Set();

        private void Block()
        {
            if (Interlocked.Increment(ref _blocked) == 1)
            {
                _go.Wait(TimeSpan.FromMinutes(1));
            }
        }

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name == "PidFdProcess")
            {
                EnableEvents(eventSource, EventLevel.Warning);
            }
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData)
        {
            if (eventData.EventName == "ReapOverdue")
            {
                Interlocked.Increment(ref _count);
                if (MayBlock && (Thread.CurrentThread.Name == "PidFdProcess exits" || Thread.CurrentThread.IsThreadPoolThread))
                {
                    Block();
                }
            }
        }
    }
}
