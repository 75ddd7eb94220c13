using System.Diagnostics;
using PidFdProcess.Handles;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Exited;

/// <summary>Restarts and handlers at the very moment in which a call learns of the exit.</summary>
[TestClass]
public sealed class ExitedRaceTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [TestMethod]
    [DataRow("WaitForExitAsync")]
    [DataRow("Kill")]
    public void ARestartInTheHandler_WhileACallLearnsOfTheExit_GetsOneEventForEachExit(string call)
    {
        const int Rounds = 60;
        int twice = 0;
        for (int i = 0; i < Rounds; i++)
        {
            int raised = 0;
            using Process process = new() { StartInfo = new ProcessStartInfo("/bin/sleep", "0.02"), EnableRaisingEvents = true };
            using ManualResetEventSlim restarted = new();
            List<int> ids = [];
            process.Exited += (_, _) =>
            {
                if (Interlocked.Increment(ref raised) < 3)
                {
                    process.StartInfo.Arguments = "1000";
                    process.Start();
                    ids.Add(process.Id);
                }

                restarted.Set();
            };
            process.Start();
            int first = process.Id;
            process.HasExitedPidFd();
            Task wait = call == "WaitForExitAsync"
                ? process.WaitForExitPidFdAsync()
                : Task.Factory.StartNew(
                    () =>
                    {
                        while (ProcessTable.StateOf(first) is not null)
                        {
                        }

                        try
                        {
                            if (process.Id == first)
                            {
                                process.KillViaPidFd();
                            }
                        }
                        catch (InvalidOperationException)
                        {
                            // In the midst of the restart the object has no process.
                        }
                    },
                    TaskCreationOptions.LongRunning);
            Assert.IsTrue(restarted.Wait(s_limit));
            Assert.IsTrue(wait.Wait(s_limit));
            twice += Volatile.Read(ref raised) > 1 ? 1 : 0;
            Interlocked.Exchange(ref raised, 100);
            ids.ForEach(Native.KillByPid);
        }

        Assert.AreEqual(0, twice);
    }

    [TestMethod]
    public void ARestartByAnotherThread_WhileAWaitEnds_KeepsTheEventOfTheNewRun()
    {
        const int Rounds = 200;
        for (int i = 0; i < Rounds; i++)
        {
            using Process process = new() { StartInfo = new ProcessStartInfo("/bin/sleep", "0.01") };
            process.Start();
            Task wait = process.WaitForExitPidFdAsync();
            Thread thread = new(() =>
            {
                while (!process.WaitForExit(0))
                {
                }

                process.StartInfo.Arguments = "1000";
                process.Start();
            });
            thread.Start();
            thread.Join();
            using ManualResetEventSlim raised = new();
            process.Exited += (_, _) => raised.Set();
            process.EnableRaisingEvents = true;
            Native.KillByPid(process.Id);
            Assert.IsTrue(raised.Wait(s_limit), $"Exited of the new run was lost in round {i}");
            Assert.IsTrue(wait.Wait(s_limit));
        }
    }

    [TestMethod]
    public void AHandlerThatIsAddedInTheMomentOfTheExit_NeverRunsOnTheEventLoop()
    {
        const int Rounds = 100;
        for (int i = 0; i < Rounds; i++)
        {
            string? name = null;
            using Process process = TestProcesses.StartSleeper();
            Task wait = process.WaitForExitPidFdAsync();
            Native.KillByPid(process.Id);
            while (!wait.IsCompleted)
            {
                void Handler(object? sender, EventArgs e) => name = Thread.CurrentThread.Name;
                process.Exited += Handler;
                Thread.SpinWait(20);
                process.Exited -= Handler;
            }

            Assert.AreNotEqual(ExitEventLoop.ThreadName, name);
        }
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void AHandlerThatWaitsForAPendingWait_OfItsOwnProcess_DoesNotHangIt(bool cancelled)
    {
        using Process process = TestProcesses.StartSleeper();
        using CancellationTokenSource source = new();
        using ManualResetEventSlim entered = new();
        using ManualResetEventSlim go = new();
        Task? wait = null;
        bool? ended = null;
        process.Exited += (_, _) =>
        {
            entered.Set();
            go.Wait();
            ended = ((IAsyncResult)wait!).AsyncWaitHandle.WaitOne(s_limit);
        };
        process.Kill();
        process.WaitForExit();
        process.EnableRaisingEvents = true;
        Assert.IsTrue(entered.Wait(s_limit));

        // The handler has the lock of the object from now on.
        wait = Task.Factory.StartNew(
            () => (cancelled ? process.WaitForExitPidFdAsync(source.Token) : process.WaitForExitPidFdAsync()).Wait(s_limit),
            TaskCreationOptions.LongRunning);
        go.Set();
        TestProcesses.WaitUntil(() => ended is not null, "the handler ends");
        Assert.IsTrue(ended);
    }

    [TestMethod]
    public void AWaitThatIsPending_WhileTheHandlerBlocks_Ends()
    {
        using Process process = TestProcesses.StartSleeper();
        using ManualResetEventSlim entered = new();
        using ManualResetEventSlim go = new();
        Task wait = process.WaitForExitPidFdAsync();
        process.Exited += (_, _) =>
        {
            entered.Set();
            go.Wait();
        };

        // The stock wait raises it, because the pending wait cannot take the lock.
        Task stock = Task.Factory.StartNew(
            () =>
            {
                lock (process)
                {
                    Native.KillByPid(process.Id);
                    process.WaitForExit();
                }
            },
            TaskCreationOptions.LongRunning);
        try
        {
            Assert.IsTrue(entered.Wait(s_limit));
            Assert.IsTrue(wait.Wait(s_limit));
            Task second = process.WaitForExitPidFdAsync();
            Assert.IsTrue(second.Wait(s_limit));
            Assert.IsTrue(process.HasExitedPidFd());
            Assert.IsTrue(process.WaitForExitPidFd(0));
        }
        finally
        {
            go.Set();
        }

        Assert.IsTrue(stock.Wait(s_limit));
    }

    [TestMethod]
    [DataRow("Kill")]
    [DataRow("Signal")]
    [DataRow("Stop")]
    public void ACallUnderALock_ThatTheHandlerWants_Returns(string call)
    {
        object gate = new();
        using Process process = TestProcesses.StartSleeper();
        using ManualResetEventSlim raised = new();
        process.Exited += (_, _) =>
        {
            lock (gate)
            {
                raised.Set();
            }
        };
        process.EnableRaisingEvents = true;
        Assert.IsFalse(process.HasExitedPidFd());
        Task caller = Task.Factory.StartNew(
            () =>
            {
                lock (gate)
                {
                    Native.KillByPid(process.Id);
                    TestProcesses.WaitUntil(() => ProcessTable.StateOf(process.Id) is null, "the process is reaped");
                    switch (call)
                    {
                        case "Kill":
                            process.KillViaPidFd();
                            break;
                        case "Signal":
                            Assert.IsFalse(process.SignalViaPidFd(Mono.Unix.Native.Signum.SIGTERM));
                            break;
                        default:
                            process.StopViaPidFd(TimeSpan.Zero);
                            break;
                    }

                    Assert.IsFalse(raised.IsSet);
                }
            },
            TaskCreationOptions.LongRunning);
        Assert.IsTrue(caller.Wait(s_limit));
        Assert.IsTrue(raised.Wait(s_limit));
    }
}
