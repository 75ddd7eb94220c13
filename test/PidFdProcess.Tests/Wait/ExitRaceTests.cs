using System.Diagnostics;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Wait;

/// <summary>The process exits and its object is closed or restarted at the same time. Waits that are under way end with the exit.</summary>
[TestClass]
public sealed class ExitRaceTests
{
    private const int Rounds = 400;

    [TestMethod]
    [DataRow(Closing.DisposeProcess, false)]
    [DataRow(Closing.DisposeProcess, true)]
    [DataRow(Closing.CloseProcess, false)]
    [DataRow(Closing.Detach, false)]
    [DataRow(Closing.Restart, false)]
    public async Task Waits_WhoseObjectIsClosedDuringTheExit_EndWithTheExit(Closing closing, bool readsLines)
    {
        int before = ResourceCounts.PidFdBaseline();
        for (int round = 0; round < Rounds; round++)
        {
            await RunRound(closing, readsLines, round);
        }

        ResourceCounts.WaitForPidFds(before);
        TestProcesses.WaitUntil(() => ResourceCounts.ZombieChildren() == 0, "all children are reaped");
    }

    private static async Task RunRound(Closing closing, bool readsLines, int round)
    {
        using ProcessHandleRegistry registry = new();
        using Process process = new() { StartInfo = new ProcessStartInfo("/bin/sleep", "1000") { RedirectStandardOutput = readsLines } };
        process.Start();
        if (readsLines)
        {
            process.BeginOutputReadLine();
        }

        int processId = process.Id;
        Task[] waits =
        [
            Waiting.Begin(WaitKind.Timed, registry, process),
            Waiting.Begin(WaitKind.Asynchronous, registry, process),
        ];
        Task blocking = Waiting.Begin(WaitKind.Blocking, registry, process);

        using Barrier barrier = new(2);
        Task kill = Task.Factory.StartNew(
            () =>
            {
                barrier.SignalAndWait();
                Native.KillByPid(processId);
            },
            TaskCreationOptions.LongRunning);
        barrier.SignalAndWait();

        // The object goes away at another moment of the exit in each round.
        Thread.SpinWait(round * 50);
        Waiting.Act(closing, registry, process);
        await kill;
        foreach (Task wait in waits)
        {
            await wait.WaitAsync(Waiting.Limit);
        }

        if (closing == Closing.Restart)
        {
            Assert.IsFalse(registry.HasExited(process));
            registry.Kill(process);
            Assert.IsTrue(registry.WaitForExit(process, (int)Waiting.Limit.TotalMilliseconds));
        }

        // This comes last, because the blocking wait may be for the new process. That is so if the restart came just before the stock wait for the
        // streams.
        await blocking.WaitAsync(Waiting.Limit);
    }
}
