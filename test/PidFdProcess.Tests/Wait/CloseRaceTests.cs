using System.Diagnostics;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Wait;

/// <summary>Waits begin, the object goes away, and the process exits, all at once.</summary>
[TestClass]
public sealed class CloseRaceTests
{
    private const int Rounds = 1_000;

    private static readonly WaitKind[] s_kinds = Enum.GetValues<WaitKind>();

    [TestMethod]
    [DataRow(Closing.DisposeProcess)]
    [DataRow(Closing.CloseProcess)]
    [DataRow(Closing.Detach)]
    [DataRow(Closing.DisposeRegistry)]
    [DataRow(Closing.Restart)]
    public async Task Waits_ThatBeginWhileTheirObjectIsClosed_End(Closing closing)
    {
        int before = ResourceCounts.PidFdBaseline();
        for (int round = 0; round < Rounds; round++)
        {
            await RunRound(closing, killAtOnce: round % 2 == 0);
        }

        ResourceCounts.WaitForPidFds(before);
        TestProcesses.WaitUntil(() => ResourceCounts.ZombieChildren() == 0, "all children are reaped");
    }

    [TestMethod]
    public async Task DisposeOfTheRegistry_LeavesNoAsynchronousWaitPending()
    {
        using Process process = TestProcesses.StartSleeper();
        for (int round = 0; round < 5 * Rounds; round++)
        {
            using ProcessHandleRegistry registry = new();
            registry.Attach(process);
            using Barrier barrier = new(2);
            Task wait = OnThread(() => registry.WaitForExitAsync(process).GetAwaiter().GetResult(), barrier);
            barrier.SignalAndWait();
            registry.Dispose();

            await Assert.ThrowsExactlyAsync<ObjectDisposedException>(() => wait.WaitAsync(Waiting.Limit), $"Round {round}");
        }

        process.Kill();
    }

    private static async Task RunRound(Closing closing, bool killAtOnce)
    {
        using ProcessHandleRegistry registry = new();
        using Process process = TestProcesses.StartSleeper();
        int processId = process.Id;
        registry.Attach(process);
        using Barrier barrier = new(s_kinds.Length + 1 + (killAtOnce ? 1 : 0));
        List<Task> threads = [];
        foreach (WaitKind kind in s_kinds)
        {
            threads.Add(OnThread(() => Waiting.Block(kind, registry, process), barrier));
        }

        if (killAtOnce)
        {
            threads.Add(OnThread(() => Native.KillByPid(processId), barrier));
        }

        barrier.SignalAndWait();
        Waiting.Act(closing, registry, process);
        if (!killAtOnce)
        {
            Native.KillByPid(processId);
        }

        if (closing == Closing.Restart)
        {
            // Some waits may have begun after the restart.
            Assert.AreEqual(process.Id, registry.Attach(process).ProcessId);
            registry.Kill(process);
        }

        foreach (Task thread in threads)
        {
            await AssertEnds(thread, closing);
        }
    }

    private static Task OnThread(Action action, Barrier barrier) => Task.Factory.StartNew(
        () =>
        {
            barrier.SignalAndWait();
            action();
        },
        TaskCreationOptions.LongRunning);

    /// <summary>A call that comes too late may fail because its object is gone. No other failure is allowed.</summary>
    private static async Task AssertEnds(Task wait, Closing closing)
    {
        try
        {
            await wait.WaitAsync(Waiting.Limit);
        }
        catch (ObjectDisposedException) when (closing == Closing.DisposeRegistry)
        {
        }
        catch (InvalidOperationException e)
            when (e is not ObjectDisposedException && closing is Closing.DisposeProcess or Closing.CloseProcess or Closing.Restart)
        {
        }
    }
}
