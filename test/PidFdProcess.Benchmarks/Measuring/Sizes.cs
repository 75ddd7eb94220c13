namespace PidFdProcess.Benchmarks.Measuring;

/// <summary>How much is measured.</summary>
internal sealed record Sizes
{
    public required int LatencyWarmUp { get; init; }

    public required int LatencyTurns { get; init; }

    public required int ForeignWarmUp { get; init; }

    public required int ForeignTurns { get; init; }

    /// <summary>Gets how many processes are killed before the idle program is measured, because it is about hot code.</summary>
    public required int IdleWarmUp { get; init; }

    public required int[] PendingWaits { get; init; }

    public required int PendingTurns { get; init; }

    public required TimeSpan IdleWindow { get; init; }

    public required int PendingChildren { get; init; }

    /// <summary>Gets how many waits are pending at once in the largest case: as many as a usual limit of PIDs allows.</summary>
    public required int ManyWaits { get; init; }

    public required int KillAllTurns { get; init; }

    public required int KillAllChildren { get; init; }

    public required int BusyWarmUp { get; init; }

    public required int BusyTurns { get; init; }

    public required int StarvedTurns { get; init; }

    public required int SmallTreeOthers { get; init; }

    public required int SmallTreeTurns { get; init; }

    public required int FirstCallTurns { get; init; }

    public required int ShortWarmUp { get; init; }

    public required int ShortProcesses { get; init; }

    public required int TreeSide { get; init; }

    public required int TreeOthers { get; init; }

    public required int TreeTurns { get; init; }

    /// <summary>Gets how long an implementation may take for a tree before it is ended.</summary>
    public required TimeSpan TreeLimit { get; init; }

    public required int CallTurns { get; init; }

    public static Sizes Full { get; } = new()
    {
        LatencyWarmUp = 150,
        LatencyTurns = 150,
        ForeignWarmUp = 2,
        ForeignTurns = 12,
        IdleWarmUp = 400,
        PendingWaits = [100, 1_000, 10_000],
        PendingTurns = 5,
        IdleWindow = TimeSpan.FromSeconds(5),
        PendingChildren = 1_000,
        ManyWaits = 30_000,
        KillAllTurns = 10,
        KillAllChildren = 1_000,
        BusyWarmUp = 20,
        BusyTurns = 60,
        StarvedTurns = 15,
        SmallTreeOthers = 300,
        SmallTreeTurns = 60,
        FirstCallTurns = 60,
        ShortWarmUp = 10,
        ShortProcesses = 5_000,
        TreeSide = 31,
        TreeOthers = 2_000,
        TreeTurns = 5,
        TreeLimit = TimeSpan.FromSeconds(60),
        CallTurns = 200,
    };

    public static Sizes Quick { get; } = Full with
    {
        LatencyWarmUp = 60,
        LatencyTurns = 30,
        ForeignWarmUp = 1,
        ForeignTurns = 2,
        PendingTurns = 1,
        IdleWindow = TimeSpan.FromSeconds(3),
        ManyWaits = 3_000,
        KillAllTurns = 3,
        BusyWarmUp = 5,
        BusyTurns = 15,
        StarvedTurns = 5,
        SmallTreeTurns = 10,
        FirstCallTurns = 10,
        ShortProcesses = 1_000,
        TreeSide = 10,
        TreeOthers = 200,
        TreeTurns = 1,
        CallTurns = 60,
    };

    /// <summary>Only shows that everything runs.</summary>
    public static Sizes Smoke { get; } = Quick with
    {
        LatencyWarmUp = 1,
        LatencyTurns = 2,
        ForeignWarmUp = 0,
        ForeignTurns = 1,
        IdleWarmUp = 1,
        PendingWaits = [20],
        IdleWindow = TimeSpan.FromMilliseconds(300),
        PendingChildren = 20,
        ManyWaits = 50,
        KillAllTurns = 1,
        KillAllChildren = 50,
        BusyWarmUp = 0,
        BusyTurns = 1,
        StarvedTurns = 1,
        SmallTreeOthers = 10,
        SmallTreeTurns = 1,
        FirstCallTurns = 0,
        ShortWarmUp = 0,
        ShortProcesses = 100,
        TreeSide = 3,
        TreeOthers = 10,
        CallTurns = 5,
    };
}
