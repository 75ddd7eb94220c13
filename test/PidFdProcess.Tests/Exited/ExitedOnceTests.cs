using System.Diagnostics;
using PidFdProcess.Attachments;
using PidFdProcess.Handles;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Exited;

/// <summary>
/// The stock members and those of the library raise Exited equally often, for each setting of the events, each handler and each call.
/// </summary>
[TestClass]
public sealed class ExitedOnceTests : IDisposable
{
    private const string On = "on";
    private const string Off = "off";
    private const string TurnedOn = "turned on during the call";

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    /// <summary>The calls, each with whether the stock counterpart raises Exited or leaves events on.</summary>
    private static readonly Dictionary<string, (bool Raises, Action<ExitedOnceTests> Call)> s_calls = new()
    {
        ["WaitForExitAsync"] = (true, static test => test.During(test._registry.WaitForExitAsync(test._process))),
        ["WaitForExitOnlyAsync"] = (true, static test => test.During(test._registry.WaitForExitOnlyAsync(test._process))),
        ["WaitForExit"] = (false, static test => test.During(() => test._registry.WaitForExit(test._process, Timeout.Infinite))),
        ["WaitForExit with a limit"] = (false, static test => test.During(() => test._registry.WaitForExit(test._process, 60_000))),
        ["WaitForExitStatusAsync"] = (false, static test => test.During(test._registry.WaitForExitStatusAsync(test._process))),
        ["WhenAnyExit"] = (false, static test => test.During(test._registry.WhenAnyExitAsync([test._process]))),
        ["HasExited"] = (true, static test =>
        {
            test.Exit();

            // A handler may have restarted the object, which runs then.
            TestProcesses.WaitUntil(
                () => test.Tolerant(() => test._registry.HasExited(test._process)) || Volatile.Read(ref test._raised) > 0, "the process has exited");
        }),
        ["Kill"] = (false, static test => test.AfterTheReap(() => test._registry.Kill(test._process))),
        ["Signal"] = (false, static test => test.AfterTheReap(() => test._registry.Signal(test._process, Mono.Unix.Native.Signum.SIGTERM))),
        ["Stop"] = (false, static test => test.AfterTheReap(() => test._registry.Stop(test._process, TimeSpan.Zero))),
        ["Attach"] = (false, static test => test.AfterTheReap(() =>
        {
            test._registry.Detach(test._process);
            test._registry.Attach(test._process);
        })),
        ["a sweep"] = (false, static test => test.AfterTheReap(() =>
        {
            if (test._registry.TryGetAttachment(test._process, out ProcessAttachment? attachment) && attachment.Handle is { } handle)
            {
                AttachmentSweep.CloseIfReaped(test._process, handle);
            }
        })),
        ["a cancelled wait"] = (true, static test =>
        {
            using CancellationTokenSource source = new();
            Task wait = test._registry.WaitForExitAsync(test._process, source.Token);
            source.Cancel();
            Assert.Throws<OperationCanceledException>(() => wait.GetAwaiter().GetResult());
            TestProcesses.WaitUntil(() => test._process.EnableRaisingEvents, "events are on");
            test.Exit();
        }),
    };

    private readonly ProcessHandleRegistry _registry = new();
    private readonly Process _process = new() { StartInfo = Shell.Info("read line; exit 3", redirectInput: true) };
    private readonly List<string?> _threads = [];
    private StreamWriter? _input;
    private int _raised;
    private bool _isHandled;
    private int _firstId;

    public static IEnumerable<object[]> Combinations =>
        from call in s_calls.Keys
        from handler in new[] { "counts", "restarts", "closes", "waits for another process" }
        from events in new[] { On, Off, TurnedOn }
        select new object[] { call, handler, events };

    [TestMethod]
    [DynamicData(nameof(Combinations))]
    public void Exited_OfOneExit_IsRaisedAsOftenAsByTheStockCalls(string call, string handler, string events)
    {
        using Process other = TestProcesses.StartSleeper();
        Task otherWait = _registry.WaitForExitAsync(other);
        bool otherEnded = handler != "waits for another process";
        _process.Exited += (_, _) =>
        {
            lock (_threads)
            {
                _threads.Add(Thread.CurrentThread.Name);
            }

            if (Interlocked.Increment(ref _raised) > 1)
            {
                return;
            }

            switch (handler)
            {
                case "restarts":
                    _process.Start();
                    break;
                case "closes":
                    _process.Close();
                    break;
                case "waits for another process":
                    other.Kill();
                    otherEnded = otherWait.Wait(s_limit);
                    break;
            }

            Volatile.Write(ref _isHandled, true);
        };
        _process.EnableRaisingEvents = events == On;
        _process.Start();
        _input = _process.StandardInput;
        _firstId = _process.Id;
        _registry.Attach(_process);
        Thread? turnsOn = events == TurnedOn ? new Thread(() => Tolerant(() => _process.EnableRaisingEvents = true)) : null;
        turnsOn?.Start();

        s_calls[call].Call(this);
        turnsOn?.Join();

        bool isDue = events != Off || s_calls[call].Raises;
        TestProcesses.WaitUntil(() => Volatile.Read(ref _raised) >= (isDue ? 1 : 0), "Exited is raised");
        TestProcesses.WaitUntil(() => Volatile.Read(ref _isHandled) || !isDue, "the handler has returned");
        LetTheRuntimeRaise();
        Assert.AreEqual(isDue ? 1 : 0, Volatile.Read(ref _raised));
        Assert.IsTrue(otherEnded || !isDue, "the handler has seen the other process end");
        lock (_threads)
        {
            Assert.DoesNotContain(ExitEventLoop.ThreadName, _threads);
        }

        if (isDue && handler == "restarts")
        {
            AssertTheNewRunHasItsOwn();
        }

        other.Kill();
        Assert.IsTrue(otherWait.Wait(s_limit));
    }

    public void Dispose()
    {
        Tolerant(() =>
        {
            _process.Kill();
            _process.WaitForExit();
        });
        _process.Dispose();
        _registry.Dispose();
    }

    private void Exit() => _input!.Close();

    private void During(Action wait) => During(Task.Factory.StartNew(wait, TaskCreationOptions.LongRunning));

    private void During(Task wait)
    {
        Exit();
        Assert.IsTrue(wait.Wait(s_limit));
    }

    private void AfterTheReap(Action call)
    {
        Exit();
        TestProcesses.WaitUntil(() => ProcessTable.StateOf(_firstId) is null, "the process is reaped");
        if (Volatile.Read(ref _raised) == 0)
        {
            Tolerant(call);
        }
    }

    /// <summary>A call on an object that a handler may have closed.</summary>
    private bool Tolerant(Func<bool> call)
    {
        try
        {
            return call();
        }
        catch (InvalidOperationException) when (_process is not null && (Volatile.Read(ref _raised) > 0 || !HasProcess()))
        {
            // The handler may also have restarted the object since.
            return true;
        }
    }

    private void Tolerant(Action call) => Tolerant(() =>
    {
        call();
        return true;
    });

    private bool HasProcess()
    {
        try
        {
            return _process.Id > 0;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>If the runtime raises Exited for an earlier exit, it does so before it raises Exited for a later one.</summary>
    private static void LetTheRuntimeRaise()
    {
        for (int i = 0; i < 2; i++)
        {
            using Process last = new() { StartInfo = new ProcessStartInfo("/bin/true"), EnableRaisingEvents = true };
            using ManualResetEventSlim raised = new();
            last.Exited += (_, _) => raised.Set();
            last.Start();
            Assert.IsTrue(raised.Wait(s_limit));
        }
    }

    private void AssertTheNewRunHasItsOwn()
    {
        Assert.AreNotEqual(_firstId, _process.Id);
        Assert.IsFalse(_process.HasExited);
        _process.EnableRaisingEvents = true;
        Native.KillByPid(_process.Id);
        TestProcesses.WaitUntil(() => Volatile.Read(ref _raised) >= 2, "Exited of the new run is raised");
        LetTheRuntimeRaise();
        Assert.AreEqual(2, Volatile.Read(ref _raised));
    }
}
