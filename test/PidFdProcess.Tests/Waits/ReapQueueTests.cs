using System.Diagnostics;
using System.Reflection;
using PidFdProcess.Diagnostics;
using PidFdProcess.Tests.Support;
using PidFdProcess.Waits;

namespace PidFdProcess.Tests.Waits;

/// <summary>Exits are settled one after the other, but nothing that takes its time holds up the next.</summary>
[TestClass]
public sealed class ReapQueueTests
{
    private const int Others = 20;
    private const int BusyThreads = 64;
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [TestMethod]
    public async Task AContinuationThatBlocks_HoldsUpNoOther()
    {
        using ManualResetEventSlim release = new();
        using Process child = TestProcesses.StartSleeper();
        Task blocking = child.WaitForExitPidFdAsync().ContinueWith(
            _ => release.Wait(s_limit), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        await KillTogetherWithOthers(child);
        Assert.IsFalse(blocking.IsCompleted);
        release.Set();
        await blocking.WaitAsync(s_limit);
    }

    [TestMethod]
    public async Task AHandlerOfExitedThatBlocks_HoldsUpNoOther()
    {
        using ManualResetEventSlim release = new();
        using Process child = TestProcesses.StartSleeper();
        child.EnableRaisingEvents = true;
        child.Exited += (_, _) => release.Wait(s_limit);
        Task wait = child.WaitForExitPidFdAsync();
        await KillTogetherWithOthers(child);
        release.Set();
        await wait.WaitAsync(s_limit);
    }

    [TestMethod]
    public async Task AChildThatNobodyReaps_HoldsUpNoOther()
    {
        using NativeChild native = NativeChild.StartShell("exec sleep 1000");
        using Process unreaped = Process.GetProcessById(native.Id);
        Task wait = unreaped.WaitForExitPidFdAsync();
        await KillTogetherWithOthers(unreaped);
        await wait.WaitAsync(s_limit);
        Assert.AreEqual('Z', TestProcesses.StateOf(native.Id));
    }

    [TestMethod]
    public async Task ManyAtOnce_AllEndAndAllAreSettled()
    {
        const int Count = 300;
        Process[] children = [.. Enumerable.Range(0, Count).Select(static _ => TestProcesses.StartSleeper())];
        Task<int>[] waits = Array.ConvertAll(children, static async child =>
        {
            await child.WaitForExitPidFdAsync().ConfigureAwait(false);
            return child.ExitCode;
        });
        Array.ForEach(children, static child => child.KillViaPidFd());
        int[] codes = await Task.WhenAll(waits).WaitAsync(s_limit);
        Assert.IsTrue(Array.TrueForAll(codes, static code => code == 137));
        Array.ForEach(children, static child => child.Dispose());
    }

    // The second is reported at about the moment at which the settling of the first ends. One that is forgotten then waits for the next
    // exit of the program, of which there is none.
    [TestMethod]
    public void AnExitReportedWhileAnotherHasJustBeenSettled_IsNotForgotten()
    {
        const int Rounds = 20_000;
        using ProcessHandleRegistry registry = new();
        using Process child = TestProcesses.StartSleeper();
        PidFdRoute route = (PidFdRoute)registry.Attach(child).Handler;
        Assert.IsTrue(route.TryPin(child));
        child.Kill();
        child.WaitForExit();
        for (int round = 0; round < Rounds; round++)
        {
            PendingWait first = Begin();
            PendingWait second = Begin();
            first.Decide(WaitOutcome.Exited);
            Thread.SpinWait(round % 500);
            second.Decide(WaitOutcome.Exited);
            Assert.IsTrue(Task.WaitAll([first.Task, second.Task], s_limit), $"in round {round}");
        }

        route.Unpin();

        // The test reports the exit, in the place of the watcher.
        PendingWait Begin()
        {
            bool held = false;
            route.Watch.PidFd.DangerousAddRef(ref held);
            PidFdMetrics.WaitBegan();
            return new PendingWait(route, child, drain: false, CancellationToken.None);
        }
    }

    // A runtime that lacks it costs no more than time, but somebody should know.
    [TestMethod]
    public void TheRuntimeHasTheFieldBehindEnableRaisingEvents()
    {
        FieldInfo? field = typeof(Process).GetField("_watchForExit", BindingFlags.Instance | BindingFlags.NonPublic);
        Assert.AreEqual(typeof(bool), field?.FieldType);
    }

    // While the pool is busy all of them queue up, the subject first.
    private static async Task KillTogetherWithOthers(Process subject)
    {
        Process[] others = [.. Enumerable.Range(0, Others).Select(static _ => TestProcesses.StartSleeper())];
        Task all = Task.WhenAll(Array.ConvertAll(others, static other => other.WaitForExitPidFdAsync()));
        using ManualResetEventSlim release = new();
        using CountdownEvent busy = new(BusyThreads);
        for (int i = 0; i < BusyThreads; i++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(
                _ =>
                {
                    release.Wait();
                    busy.Signal();
                },
                null);
        }

        Thread killer = new(() =>
        {
            Kill(subject);
            Array.ForEach(others, Kill);
            release.Set();
        });
        killer.Start();
        killer.Join();
        await all.WaitAsync(s_limit / 2);
        busy.Wait();
        Array.ForEach(others, static other => other.Dispose());
    }

    private static void Kill(Process process)
    {
        int id = process.Id;
        process.KillViaPidFd();
        TestProcesses.WaitUntil(() => TestProcesses.StateOf(id) is null or 'Z', "it has exited");
    }
}
