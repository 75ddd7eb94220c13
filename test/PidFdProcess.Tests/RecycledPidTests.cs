using System.Diagnostics;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests;

[TestClass]
public sealed class RecycledPidTests : IDisposable
{
    private const int Rounds = 200;
    private const int StockRounds = 20;

    private readonly ProcessHandleRegistry _registry = new();

    [TestMethod]
    public void KillViaPidFd_LeavesTheNewOwnerOfThePidAlone()
    {
        for (int round = 0; round < Rounds; round++)
        {
            using Process dead = OpenAndLose(_registry.Open, out int id);
            using Process innocent = RecycledPid.Start(id);

            _registry.Kill(dead);

            // A SIGKILL would be pending by now, and a process with one accepts no other: it is dead or dying.
            Assert.AreNotEqual('Z', TestProcesses.StateOf(id), $"Round {round}");
            Assert.IsFalse(_registry.HasExited(innocent), $"Round {round}");
            Assert.IsTrue(_registry.HasExited(dead));
            innocent.Kill();
            innocent.WaitForExit();
            Assert.AreEqual(137, innocent.ExitCode);
        }
    }

    [TestMethod]
    public void StockKill_WouldHaveKilledIt()
    {
        int killed = 0;
        for (int round = 0; round < StockRounds; round++)
        {
            using Process dead = OpenAndLose(Process.GetProcessById, out int id);
            using Process innocent = RecycledPid.Start(id);

            dead.Kill();

            killed += innocent.WaitForExit(TimeSpan.FromSeconds(1)) ? 1 : 0;
            innocent.Kill();
        }

        Assert.IsGreaterThan(StockRounds / 2, killed);
    }

    [TestMethod]
    public async Task WaitsOfTheDeadProcess_EndWhileThePidHasANewOwner()
    {
        using Process dead = OpenAndLose(_registry.Open, out int id);
        using Process innocent = RecycledPid.Start(id);

        Assert.IsTrue(_registry.WaitForExit(dead, 0));
        await _registry.WaitForExitAsync(dead).WaitAsync(TimeSpan.FromSeconds(30));

        Assert.IsFalse(_registry.HasExited(innocent));
        innocent.Kill();
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void AnObjectStartedAnewUnderTheSamePid_MeansTheNewProcess(bool exitWasSeen)
    {
        RecycledPid.Require();
        using Process process = new() { StartInfo = new ProcessStartInfo("/bin/sleep", ["1000"]) };
        process.Start();
        int id = process.Id;
        _registry.Attach(process);
        process.Kill();
        process.WaitForExit();
        if (exitWasSeen)
        {
            Assert.IsTrue(_registry.HasExited(process));
        }

        StartUnder(process, id);

        Assert.IsFalse(_registry.HasExited(process));
        Assert.IsFalse(_registry.WaitForExit(process, 0));
        Task exit = _registry.WaitForExitAsync(process);
        Assert.IsFalse(exit.IsCompleted);
        Assert.AreEqual(ProcessRoute.PidFd, _registry.Attach(process).Route);
        _registry.Kill(process);
        Assert.IsTrue(exit.Wait(TimeSpan.FromSeconds(30)));
        Assert.AreEqual(137, process.ExitCode);
    }

    [TestMethod]
    public void KillOfAnObjectStartedAnewUnderTheSamePid_KillsTheNewProcess()
    {
        RecycledPid.Require();
        using Process process = new() { StartInfo = new ProcessStartInfo("/bin/sleep", ["1000"]) };
        process.Start();
        int id = process.Id;
        _registry.Attach(process);
        process.Kill();
        process.WaitForExit();
        StartUnder(process, id);

        _registry.Kill(process);

        Assert.IsTrue(process.WaitForExit(TimeSpan.FromSeconds(30)));
    }

    [TestMethod]
    public void AnObjectStartedAnewUnderAnotherPid_MeansTheNewProcess()
    {
        using Process process = new() { StartInfo = new ProcessStartInfo("/bin/sleep", ["1000"]) };
        process.Start();
        ProcessAttachment first = _registry.Attach(process);
        process.Kill();
        process.WaitForExit();
        process.Start();

        ProcessAttachment second = _registry.Attach(process);

        Assert.AreNotSame(first, second);
        Assert.AreEqual(process.Id, second.ProcessId);
        _registry.Kill(process);
        Assert.IsTrue(_registry.WaitForExit(process, 30_000));
        Assert.AreEqual(137, process.ExitCode);
    }

    public void Dispose() => _registry.Dispose();

    /// <summary>Opens a process of another parent, which then dies and is reaped.</summary>
    private static Process OpenAndLose(Func<int, Process> open, out int id)
    {
        RecycledPid.Require();
        using ForeignProcess foreign = ForeignProcess.StartReaped();
        id = foreign.Id;
        Process process = open(id);
        foreign.KillAndWaitUntilReaped();
        return process;
    }

    private static void StartUnder(Process process, int id)
    {
        for (int i = 0; i < 200; i++)
        {
            RecycledPid.SetNext(id);
            process.Start();
            if (process.Id == id)
            {
                return;
            }

            process.Kill();
            process.WaitForExit();
        }

        Assert.Inconclusive($"Somebody else was faster to get PID {id} each time.");
    }
}
