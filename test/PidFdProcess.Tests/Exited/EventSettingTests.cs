using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.ExceptionServices;
using PidFdProcess.Handles;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Exited;

/// <summary>A stock asynchronous wait turns events on when it begins. What the program sets after that stays.</summary>
[TestClass]
public sealed class EventSettingTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [TestMethod]
    [DataRow(false, false)]
    [DataRow(false, true)]
    [DataRow(true, false)]
    [DataRow(true, true)]
    public async Task AHandlerThatTurnsEventsOff_IsNotCalledForTheNextRun(bool stock, bool readsLines)
    {
        using Process process = new() { StartInfo = Shell.Info("read line; exit 3", redirectInput: true) };
        process.StartInfo.RedirectStandardOutput = readsLines;
        process.EnableRaisingEvents = true;
        int raised = 0;
        process.Exited += (_, _) =>
        {
            process.EnableRaisingEvents = false;
            Interlocked.Increment(ref raised);
        };
        for (int run = 0; run < 2; run++)
        {
            process.Start();
            if (readsLines)
            {
                process.BeginOutputReadLine();
            }

            // The second wait begins after the exit, so that it raises nothing by itself.
            Task? wait = run > 0 ? null : stock ? process.WaitForExitAsync() : process.WaitForExitPidFdAsync();
            int id = process.Id;
            process.StandardInput.Close();
            await (wait ?? Task.CompletedTask).WaitAsync(s_limit);
            TestProcesses.WaitUntil(() => ProcessTable.StateOf(id) is null, "the runtime has reaped the child");
            TestProcesses.WaitUntil(() => Volatile.Read(ref raised) == 1, "the handler was called");
            Assert.IsFalse(process.EnableRaisingEvents, $"after run {run}");
            if (readsLines)
            {
                process.CancelOutputRead();
            }
        }

        Assert.AreEqual(1, raised);
    }

    [TestMethod]
    public async Task ASettingAfterACancelledWait_Stays_IfTheLockWasHeldThen()
    {
        using Process process = TestProcesses.StartSleeper();
        int raised = 0;
        process.Exited += (_, _) => Interlocked.Increment(ref raised);
        using CancellationTokenSource source = new();
        Task wait = process.WaitForExitPidFdAsync(source.Token);
        using ManualResetEventSlim isHeld = new();
        using ManualResetEventSlim release = new();
        Task holder = Task.Factory.StartNew(
            () =>
            {
                lock (process)
                {
                    isHeld.Set();
                    release.Wait(s_limit);
                }
            },
            TaskCreationOptions.LongRunning);
        isHeld.Wait();
        await source.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => wait.WaitAsync(s_limit));
        Assert.IsTrue(process.EnableRaisingEvents);
        process.EnableRaisingEvents = false;
        release.Set();
        await holder;
        TestProcesses.WaitUntil(() => Waits.LateEvents.Count == 0, "the tries have ended");
        Assert.IsFalse(process.EnableRaisingEvents);
        process.Kill();
        Assert.IsTrue(process.WaitForExit(s_limit));
        Assert.AreEqual(0, raised);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task AClosedObject_MakesTheEventLoopThrowNothing(bool isChild)
    {
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        using Process child = TestProcesses.StartSleeper();
        int id = isChild ? child.Id : nonChild.Id;
        Process fetched = Process.GetProcessById(id);
        ConcurrentQueue<string> exceptions = [];
        EventHandler<FirstChanceExceptionEventArgs> note = (_, e) =>
        {
            if (Thread.CurrentThread.Name == ExitEventLoop.ThreadName)
            {
                exceptions.Enqueue($"{e.Exception}");
            }
        };
        AppDomain.CurrentDomain.FirstChanceException += note;
        try
        {
            Task wait = fetched.WaitForExitPidFdAsync();
            fetched.Dispose();
            Native.KillByPid(id);
            await wait.WaitAsync(s_limit);
        }
        finally
        {
            AppDomain.CurrentDomain.FirstChanceException -= note;
        }

        Assert.IsEmpty(exceptions, string.Join('\n', exceptions));
    }
}
