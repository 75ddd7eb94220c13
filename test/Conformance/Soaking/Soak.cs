using System.Diagnostics;

namespace PidFdProcess.Conformance.Soaking;

/// <summary>
/// A random mix of all operations on some threads for some time, in ten rounds. A model says what each call may answer. After each round
/// everything has been given back, so that what is left then must be the same after the last as after the first ones.
/// </summary>
internal sealed class Soak(Options options)
{
    private const int Rounds = 10;
    private const long AllowedGrowth = 512 * 1024;
    private static readonly TimeSpan s_hangLimit = Check.Limit * 4;

    private readonly List<SoakCensus> _censuses = [];
    private readonly SortedDictionary<string, int> _counts = [];
    private int _recycled;
    private volatile string? _failure;

    /// <summary>The first case is the soak; the others look at what it left behind.</summary>
    public Case[] Cases() =>
    [
        new("soak-answers", Needs.PidFds | Needs.Proc, _ => Run()),
        new("soak-descriptors", Needs.Nothing, _ => RequireSame(census => census.Descriptors)),
        new("soak-watches", Needs.Nothing, _ => RequireSame(census => census.Watches)),
        new("soak-threads", Needs.Nothing, _ => RequireSame(census => census.Threads)),
        new("soak-zombies", Needs.Nothing, _ => RequireNone(census => census.Children)),
        new("soak-registrations", Needs.Nothing, _ => RequireNone(census => census.Registrations)),
        new("soak-pending-waits", Needs.Nothing, _ => RequireNone(census => census.PendingWaits)),
        new("soak-memory", Needs.Nothing, _ => RequireFlatMemory()),
        new("soak-recycled-pids", Needs.Nothing, _ => RequireRecycled()),
    ];

    private void Run()
    {
        Console.WriteLine($"soak: {options.SoakSeconds} s on {options.Threads} threads, --seed {options.Seed}");
        ThreadPool.SetMinThreads(options.Threads * 2, options.Threads);
        TimeSpan time = TimeSpan.FromSeconds(options.SoakSeconds!.Value) / Rounds;
        uint fingerprint = 0;
        for (int round = 1; round <= Rounds; round++)
        {
            fingerprint ^= RunRound(round, time);
            if (_failure is { } failure)
            {
                throw new CheckException($"--seed {options.Seed}, round {round}: {failure}");
            }

            SoakCensus census = SoakCensus.TakeWhenQuiet(_censuses.FirstOrDefault());
            _censuses.Add(census);
            Console.WriteLine($"round {round,2}: {census}");
        }

        Console.WriteLine(
            $"soak: {_counts.Values.Sum()} operations, fingerprint of the first of each thread {fingerprint:x8}, {_recycled} PIDs recycled");
        Console.WriteLine($"soak: {string.Join(", ", _counts.Select(each => $"{each.Key} {each.Value}"))}");
    }

    private uint RunRound(int round, TimeSpan time)
    {
        long start = Stopwatch.GetTimestamp();
        SoakActor[] actors = [.. Enumerable.Range(1, options.Threads).Select(i => new SoakActor(
            ProcessHandleRegistry.Default, $"thread {i} in round {round}", SeedOf(round, i)))];
        Thread[] threads = Array.ConvertAll(actors, actor => new Thread(() => Run(actor, start, time)) { IsBackground = true });
        Array.ForEach(threads, thread => thread.Start());
        for (int i = 0; i < threads.Length; i++)
        {
            TimeSpan left = time + s_hangLimit - Stopwatch.GetElapsedTime(start);
            if (!threads[i].Join(left > TimeSpan.Zero ? left : TimeSpan.Zero))
            {
                throw new CheckException($"--seed {options.Seed}, round {round}: an operation does not end; {actors[i].Log}");
            }
        }

        foreach ((string operation, int count) in actors.SelectMany(actor => actor.Log.Counts))
        {
            _counts[operation] = _counts.GetValueOrDefault(operation) + count;
        }

        (TimeSpan longest, string line) = actors.Max(actor => actor.Log.Slowest);
        Console.WriteLine($"round {round,2}: the slowest operation took {longest.TotalSeconds:F1} s: {line}");
        _recycled += actors.Sum(actor => actor.Recycled);
        return actors.Aggregate(0u, (sum, actor) => unchecked((sum * 31) + actor.Log.Fingerprint));
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

    private int SeedOf(int round, int thread) => unchecked((options.Seed * 1_000_003) + (round * 1009) + thread);

    private void RequireSame(Func<SoakCensus, int> count)
    {
        RequireEnd();
        int first = count(_censuses[0]);
        int last = count(_censuses[^1]);
        Check.That(last <= first, $"{first} after the first round, {last} after the last");
    }

    private void RequireNone(Func<SoakCensus, int> count)
    {
        RequireEnd();
        Check.Equal(0, count(_censuses[^1]));
    }

    // The first rounds compile and fill pools.
    private void RequireFlatMemory()
    {
        RequireEnd();
        long grown = _censuses[^1].Memory - _censuses[Rounds / 3].Memory;
        Check.That(grown < AllowedGrowth, $"memory grew by {grown} bytes");
    }

    private void RequireRecycled()
    {
        RequireEnd();
        if (SoakRecycling.Hindrance is { } hindrance)
        {
            throw new SkipException(hindrance);
        }

        Check.That(_recycled > 0, "no PID was recycled");
    }

    private void RequireEnd() => Check.That(_censuses.Count == Rounds, "the soak did not come to its end");
}
