using System.Diagnostics;
using PidFdProcess.Shared;

namespace PidFdProcess.Conformance.Soaking;

/// <summary>
/// A random mix of all operations on some threads for some time, in ten rounds. A model says which answers are right. After each round everything
/// has been given back, so that the counts after the last round must be those after the first.
/// </summary>
internal sealed class Soak(Options options)
{
    private const int Rounds = 10;
    private const long AllowedGrowth = 512 * 1024;
    private static readonly TimeSpan s_hangLimit = Check.Limit * 4;

    private readonly SoakOperation[] _operations = [.. SoakOperations.All, .. options.Hostile ? SoakHostileMoves.All : []];
    private readonly List<SoakResourceCounts> _resources = [];
    private readonly SortedDictionary<string, int> _counts = [];
    private int _recycled;
    private volatile string? _failure;

    /// <summary>The first case is the soak. The next ones look at what it left behind, and then come hosts that get in the way.</summary>
    public Case[] Cases() =>
    [
        new("soak-answers", Needs.PidFds | Needs.Proc, _ => Run()),
        After("soak-descriptors", (first, last) => last.Descriptors <= first.Descriptors),
        After("soak-watches", (first, last) => last.Watches <= first.Watches),
        After("soak-threads", (first, last) => last.Threads <= first.Threads),
        After("soak-zombies", (_, last) => last.Children == 0),
        After("soak-registrations", (_, last) => last.Registrations == 0),
        After("soak-pending-waits", (_, last) => last.PendingWaits == 0),

        // The first rounds compile and fill pools.
        After("soak-memory", (_, last) => last.Memory - _resources[Rounds / 3].Memory < AllowedGrowth),
        After("soak-recycled-pids", (_, _) => _recycled > 0 || (PidRecycler.Hindrance is { } hindrance ? throw new SkipException(hindrance) : false)),
        .. options.Hostile ? SoakHost.Cases(options) : [],
    ];

    private Case After(string name, Func<SoakResourceCounts, SoakResourceCounts, bool> isRight) => new(name, Needs.Nothing, _ =>
    {
        Check.That(_resources.Count == Rounds, "the soak did not come to its end");
        Check.That(isRight(_resources[0], _resources[^1]), $"after the first round {_resources[0]}; after the last {_resources[^1]}");
    });

    private void Run()
    {
        Console.WriteLine($"soak: {options.SoakSeconds} s on {options.Threads} threads, --seed {options.Seed}");
        ThreadPool.SetMinThreads(options.Threads * 2, options.Threads);
        TimeSpan time = TimeSpan.FromSeconds(options.SoakSeconds!.Value) / Rounds;
        for (int round = 1; round <= Rounds; round++)
        {
            RunRound(round, time);
            _resources.Add(SoakResourceCounts.TakeWhenQuiet(_resources.FirstOrDefault()));
            Console.WriteLine($"round {round,2}: {_resources[^1]}");
        }

        Console.WriteLine($"soak: {_counts.Values.Sum()} operations, {_recycled} PIDs recycled");
        Console.WriteLine($"soak: {string.Join(", ", _counts.Select(each => $"{each.Key} {each.Value}"))}");
    }

    private void RunRound(int round, TimeSpan time)
    {
        long start = Stopwatch.GetTimestamp();
        SoakActor[] actors = [.. Enumerable.Range(1, options.Threads).Select(i => new SoakActor(
            ProcessHandleRegistry.Default, $"thread {i} in round {round}", unchecked((options.Seed * 1_000_003) + (round * 1009) + i), _operations))];
        Thread[] threads = Array.ConvertAll(actors, actor => new Thread(() => Run(actor, start, time)) { IsBackground = true });
        Array.ForEach(threads, thread => thread.Start());
        for (int i = 0; i < threads.Length; i++)
        {
            TimeSpan left = time + s_hangLimit - Stopwatch.GetElapsedTime(start);
            bool ends = threads[i].Join(left > TimeSpan.Zero ? left : TimeSpan.Zero);
            Check.That(ends, $"--seed {options.Seed}, round {round}: an operation does not end; {actors[i].Log}");
        }

        Check.That(_failure is null, $"--seed {options.Seed}, round {round}: {_failure}");
        foreach ((string operation, int count) in actors.SelectMany(actor => actor.Log.Counts))
        {
            _counts[operation] = _counts.GetValueOrDefault(operation) + count;
        }

        (TimeSpan longest, string line) = actors.Max(actor => actor.Log.Slowest);
        Console.WriteLine($"round {round,2}: the slowest operation took {longest.TotalSeconds:F1} s: {line}");
        _recycled += actors.Sum(actor => actor.Recycled);
    }

    private void Run(SoakActor actor, long start, TimeSpan time)
    {
        try
        {
            while (Stopwatch.GetElapsedTime(start) < time && _failure is null)
            {
                actor.Step();
            }

            actor.Finish();
        }
        catch (Exception e)
        {
            // What follows from the first failure is of no interest.
            Interlocked.CompareExchange(ref _failure, $"{(e is CheckException ? e.Message : e)}\n{actor.Log}", null);
        }
    }
}
