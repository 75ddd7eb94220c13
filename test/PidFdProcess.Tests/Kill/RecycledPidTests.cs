using System.Diagnostics;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Kill;

/// <summary>A process dies, is reaped by its parent, and another one gets its PID.</summary>
[TestClass]
public sealed class RecycledPidTests : IDisposable
{
    private const int StockRounds = 10;

    private readonly ProcessHandleRegistry _registry = new();

    [TestMethod]
    public void TheStockKill_AfterThePidWasRecycled_KillsTheStranger()
    {
        int killed = 0;
        ForEachRecycledPid(StockRounds, Process.GetProcessById, (dead, innocent) =>
        {
            dead.Kill();
            killed += EchoProcess.Answers(innocent) ? 0 : 1;
        });

        Assert.IsGreaterThan(StockRounds / 2, killed);
    }

    [TestMethod]
    public void TheDeathOfTheNewOwner_IsNotThatOfTheDead()
    {
        ForEachRecycledPid(3, _registry.Open, (dead, innocent) =>
        {
            innocent.StandardInput.Close();
            innocent.WaitForExit();

            Assert.AreEqual(0, innocent.ExitCode);
            Assert.IsTrue(_registry.HasExited(dead));
            Assert.ThrowsExactly<InvalidOperationException>(() => dead.ExitCode);
        });
    }

    [TestMethod]
    public void WithoutPidFd_ASignalAsksTheRuntimeFirst()
    {
        RecycledPid.Require();
        using ProcessHandleRegistry stock = StockSwitch.CreateRegistry();
        using Process dead = TestProcesses.StartSleeper();
        stock.Attach(dead);
        dead.Kill();
        dead.WaitForExit();
        using Process innocent = RecycledPid.Start(dead.Id, EchoProcess.Start);
        Assert.IsFalse(stock.Signal(dead, System.Runtime.InteropServices.PosixSignal.SIGTERM));
        Assert.IsTrue(EchoProcess.Answers(innocent));
        innocent.Kill();
        innocent.WaitForExit();
    }

    public void Dispose() => _registry.Dispose();

    /// <summary>
    /// Runs this many rounds with a recycled PID. Other processes on this machine may get the PID first, so a round may be repeated.
    /// </summary>
    private static void ForEachRecycledPid(int rounds, Func<int, Process> open, Action<Process, Process> act)
    {
        RecycledPid.Require();
        for (int lost = 0; rounds > 0;)
        {
            using Process dead = OpenAndLose(open, out int id);
            using Process? innocent = PidRecycler.TryStart(id, EchoProcess.Start, tries: 20);
            if (innocent is null)
            {
                if (++lost == 100)
                {
                    Assert.Inconclusive($"Another process was faster to get the PID 100 times. {rounds} rounds are left.");
                }

                continue;
            }

            act(dead, innocent);
            rounds--;
            innocent.Kill();
            innocent.WaitForExit();
        }
    }

    private static Process OpenAndLose(Func<int, Process> open, out int id)
    {
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        id = nonChild.Id;
        Process process = open(id);
        nonChild.KillAndWaitUntilReaped();
        return process;
    }
}
