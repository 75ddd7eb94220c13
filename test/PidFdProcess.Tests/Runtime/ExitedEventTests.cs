using System.Diagnostics;
using PidFdProcess.Attachments;
using PidFdProcess.Runtime;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Runtime;

/// <summary>Which calls raise Exited if the runtime knows of the exit but no member of the object has been asked about it.</summary>
[TestClass]
public sealed class ExitedEventTests : IDisposable
{
    private static readonly Dictionary<string, Action<ProcessHandleRegistry, Process>> s_silentCalls = new()
    {
        ["Attach again"] = static (registry, process) =>
        {
            registry.Detach(process);
            registry.Attach(process);
        },
        ["Kill"] = static (registry, process) => registry.Kill(process),
        ["Kill of the tree"] = static (registry, process) => registry.Kill(process, entireProcessTree: true),
        ["Signal"] = static (registry, process) => registry.Signal(process, Mono.Unix.Native.Signum.SIGTERM),
        ["WaitForExitStatus"] = static (registry, process) => registry.WaitForExitStatus(process),
        ["Stop"] = static (registry, process) => registry.StopAsync(process, TimeSpan.Zero).GetAwaiter().GetResult(),
        ["TryGetPidFd"] = static (registry, process) => registry.TryGetPidFd(process, out _),
        ["a sweep"] = static (registry, process) => AttachmentSweep.CloseIfReaped(process, registry.Attach(process).Handle!),
    };

    private static readonly Dictionary<string, Action<ProcessHandleRegistry, Process>> s_waits = new()
    {
        ["WaitForExit"] = static (registry, process) => registry.WaitForExit(process, Timeout.Infinite),
        ["WaitForExit(0)"] = static (registry, process) => registry.WaitForExit(process, 0),
        ["HasExited"] = static (registry, process) => registry.HasExited(process),
    };

    private static readonly Dictionary<string, Look> s_looks = new()
    {
        ["at the end of a blocking wait"] = static (process, in run) => ExitedEvent.Observe(process, run, alsoIfOff: false, 0),
        ["of HasExited"] = static (process, in run) => ExitedEvent.Observe(process, run, alsoIfOff: true, 0),
        ["at the end of an asynchronous wait"] = static (process, in run) => ExitedEvent.TryRaise(process, run, out _),
        ["of the event loop"] = static (process, in run) => ExitedEvent.TryEndWithoutHandlers(process, run, out _),
    };

    private readonly ProcessHandleRegistry _registry = new();
    private readonly List<Thread> _raised = [];

    public static IEnumerable<string> SilentCalls => s_silentCalls.Keys;

    public static IEnumerable<string> Looks => s_looks.Keys;

    public static IEnumerable<string> Waits => s_waits.Keys;

    [TestMethod]
    [DynamicData(nameof(SilentCalls))]
    public void ACall_WhoseStockCounterpartRaisesNothing_RaisesNothing_WithEventsOff(string call)
    {
        using Process process = StartAndKill();
        s_silentCalls[call](_registry, process);
        Assert.IsEmpty(_raised);
        Assert.IsFalse(process.EnableRaisingEvents);
    }

    [TestMethod]
    [DynamicData(nameof(SilentCalls))]
    public void ACall_WhoseStockCounterpartRaisesNothing_RaisesNothing_WithEventsOn(string call)
    {
        using Process process = StartAndKill();

        // The thread of the runtime that raises it takes this lock first.
        Monitor.Enter(process);
        try
        {
            process.EnableRaisingEvents = true;
            s_silentCalls[call](_registry, process);
            Assert.IsEmpty(_raised);
        }
        finally
        {
            Monitor.Exit(process);
        }
    }

    [TestMethod]
    [DynamicData(nameof(Waits))]
    public void AWait_RaisesOnItsOwnThread_WithEventsOn(string call)
    {
        using Process process = StartAndKill();
        Monitor.Enter(process);
        try
        {
            process.EnableRaisingEvents = true;
            s_waits[call](_registry, process);
            CollectionAssert.AreEqual(new[] { Thread.CurrentThread }, _raised);
        }
        finally
        {
            Monitor.Exit(process);
        }
    }

    [TestMethod]
    [DataRow("WaitForExit")]
    [DataRow("WaitForExit(0)")]
    public void AWait_RaisesNothing_WithEventsOff(string call)
    {
        using Process process = StartAndKill();
        s_waits[call](_registry, process);
        Assert.IsEmpty(_raised);
        Assert.IsFalse(process.EnableRaisingEvents);
    }

    [TestMethod]
    public void HasExited_RaisesOnItsOwnThread_WithEventsOff()
    {
        using Process process = StartAndKill();
        Assert.IsTrue(_registry.HasExited(process));
        CollectionAssert.AreEqual(new[] { Thread.CurrentThread }, _raised);
    }

    /// <summary>A wait for the end of the streams follows only if the state says that the runtime knows.</summary>
    [TestMethod]
    public async Task TheStateAfterARaise_IsFinal_WhileAnotherThreadMarksExitedAsRaised()
    {
        const int Looks = 20_000;
        using Process process = StartAndKill();
        RunIdentity run = RunIdentity.Of(process);
        bool isOver = false;
        Task marks = Task.Factory.StartNew(
            () =>
            {
                while (!Volatile.Read(ref isOver))
                {
                    lock (process)
                    {
                        ProcessFields.MarkExitedAsRaised(process, false);
                        Thread.SpinWait(20);
                        ProcessFields.MarkExitedAsRaised(process, true);
                        Thread.SpinWait(20);
                    }
                }
            },
            TaskCreationOptions.LongRunning);
        try
        {
            for (int i = 0; i < Looks; i++)
            {
                Assert.IsTrue(
                    !ExitedEvent.TryRaise(process, run, out RuntimeState state) || state == RuntimeState.Knows, $"look {i}: {state}");
            }
        }
        finally
        {
            Volatile.Write(ref isOver, true);
            await marks;
        }
    }

    /// <summary>The event loop marks Exited as raised for a moment. An unreaped zombie has raised nothing, and keeps its pidfd.</summary>
    [TestMethod]
    public async Task TheMarkOfAnotherThread_OnAFetchedProcess_IsNoRaise()
    {
        using NonChildProcess nonChild = NonChildProcess.StartUnreaped();
        using Process process = Process.GetProcessById(nonChild.Id);
        ProcessAttachment attachment = _registry.Attach(process);
        nonChild.KillAndWaitUntilZombie();
        RunIdentity run = RunIdentity.Of(process);
        using ManualResetEventSlim isMarked = new();
        using ManualResetEventSlim isOver = new();
        Task mark = Task.Factory.StartNew(
            () =>
            {
                lock (process)
                {
                    ProcessFields.MarkExitedAsRaised(process, true);
                    isMarked.Set();
                    isOver.Wait();
                    ProcessFields.MarkExitedAsRaised(process, false);
                }
            },
            TaskCreationOptions.LongRunning);
        isMarked.Wait();
        try
        {
            Assert.IsFalse(ExitedEvent.TryRaise(process, run, out _));
            Assert.IsTrue(_registry.WaitForExit(process, 100));
            Assert.AreEqual(ProcessRoute.PidFd, attachment.Route);
        }
        finally
        {
            isOver.Set();
            await mark;
        }
    }

    /// <summary>Close takes the lock, and resets the mark of the event after it has let go. A look may come between the two.</summary>
    [TestMethod]
    [DynamicData(nameof(Looks))]
    public void ALook_WhileAnotherThreadCloses_LeavesNoMarkForTheNextRun(string look)
    {
        const int Rounds = 600;
        for (int i = 0; i < Rounds; i++)
        {
            using Process process = Process.Start("/bin/true");
            process.EnableRaisingEvents = i % 2 == 0;
            process.WaitForExit();
            if (!process.EnableRaisingEvents)
            {
                // Events are on from here, and nobody but the look raises Exited.
                ProcessFields.TryMarkEventsAsOn(process);
            }

            RunIdentity run = RunIdentity.Of(process);
            bool isLooking = false;
            Task looks = Task.Run(() =>
            {
                Volatile.Write(ref isLooking, true);
                for (int looks = 0; looks < 20; looks++)
                {
                    s_looks[look](process, run);
                }
            });
            SpinWait.SpinUntil(() => Volatile.Read(ref isLooking));
            process.Close();
            looks.Wait();
            Assert.IsFalse(ProcessFields.HasRaisedExited(process), $"round {i}");
        }
    }

    [TestMethod]
    public void AMark_ForARunThatTheObjectHasLost_IsRemoved()
    {
        using Process process = TestProcesses.StartExiting(0);
        process.WaitForExit();
        RunIdentity run = RunIdentity.Of(process);
        Assert.IsTrue(ExitedEvent.TryMark(process, run));
        Assert.IsTrue(ProcessFields.HasRaisedExited(process));
        process.Close();
        Assert.IsFalse(ExitedEvent.TryMark(process, run));
        Assert.IsFalse(ProcessFields.HasRaisedExited(process));
    }

    /// <summary>The mark of a look that finds nothing could be taken for an exit by another thread.</summary>
    [TestMethod]
    [DynamicData(nameof(Looks))]
    public async Task ALook_AtARunningProcess_IsNoSignOfAnExit_ForOtherThreads(string look)
    {
        const int Questions = 100_000;
        using Process started = TestProcesses.StartSleeper();
        using Process process = Process.GetProcessById(started.Id);
        process.EnableRaisingEvents = true;
        RunIdentity run = RunIdentity.Of(process);
        bool isOver = false;
        Task looks = Task.Factory.StartNew(
            () =>
            {
                while (!Volatile.Read(ref isOver))
                {
                    s_looks[look](process, run);
                }
            },
            TaskCreationOptions.LongRunning);
        try
        {
            for (int i = 0; i < Questions; i++)
            {
                Assert.IsFalse(ExitedEvent.KnowsWithoutRaising(process, run));
            }
        }
        finally
        {
            Volatile.Write(ref isOver, true);
            await looks;
        }
    }

    public void Dispose() => _registry.Dispose();

    // Unlike HasExited the blocking wait of stock raises nothing while events are off.
    private Process StartAndKill()
    {
        Process process = TestProcesses.StartSleeper();
        process.Exited += (_, _) => _raised.Add(Thread.CurrentThread);
        Assert.AreEqual(ProcessRoute.PidFd, _registry.Attach(process).Route);
        process.Kill();
        process.WaitForExit();
        Assert.IsEmpty(_raised);
        return process;
    }

    private delegate void Look(Process process, in RunIdentity run);
}
