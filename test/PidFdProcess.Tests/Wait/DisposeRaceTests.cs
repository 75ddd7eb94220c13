using System.Diagnostics;
using System.Reflection;
using PidFdProcess.Attachments;
using PidFdProcess.Calls;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Wait;

/// <summary>Another thread disposes the object, detaches it or disposes the registry during a call.</summary>
[TestClass]
public sealed class DisposeRaceTests
{
    private const int Rounds = 150;
    private const int CheapRounds = 3_000;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    private static readonly Dictionary<string, Action<ProcessHandleRegistry, Process>> s_looks = new()
    {
        ["Attach"] = static (registry, process) => registry.Attach(process),
        ["HasExited"] = static (registry, process) => registry.HasExited(process),
        ["WaitForExit(0)"] = static (registry, process) => registry.WaitForExit(process, 0),
        ["a cancelled WaitForExitAsync"] = static (registry, process) => registry.WaitForExitAsync(process, new CancellationToken(true)).Wait(),
        ["TryWaitForExitStatus(0)"] = static (registry, process) => registry.TryWaitForExitStatus(process, TimeSpan.Zero, out _),
        ["Signal"] = static (registry, process) => registry.Signal(process, (Mono.Unix.Native.Signum)0),
        ["TryGetPidFd"] = static (registry, process) =>
        {
            if (registry.TryGetPidFd(process, out SafePidFdHandle? pidFd))
            {
                pidFd.Dispose();
            }
        },
    };

    private static readonly Dictionary<string, Action<ProcessHandleRegistry, Process>> s_waits = new()
    {
        ["WaitForExit"] = static (registry, process) => registry.WaitForExit(process, Timeout.Infinite),
        ["WaitForExitAsync"] = static (registry, process) => registry.WaitForExitAsync(process).Wait(s_limit),
        ["WaitForExitStatus"] = static (registry, process) => registry.WaitForExitStatus(process),
        ["WaitForExitStatusAsync"] = static (registry, process) => registry.WaitForExitStatusAsync(process).Wait(s_limit),
        ["WhenAnyExit"] = static (registry, process) => registry.WhenAnyExitAsync([process]).Wait(s_limit),
        ["HasExited"] = static (registry, process) => registry.HasExited(process),
        ["Kill"] = static (registry, process) => registry.Kill(process),
        ["Stop"] = static (registry, process) => registry.Stop(process, s_limit),
    };

    public static IEnumerable<object[]> Looks => from call in s_looks.Keys from stock in new[] { false, true } select new object[] { call, stock };

    public static IEnumerable<object[]> Waits => from call in s_waits.Keys from exited in new[] { true, false } select new object[] { call, exited };

    [TestMethod]
    [DynamicData(nameof(Looks))]
    public void ALook_WhileAnotherThreadDisposesTheObject_IsAnInvalidOperationAtMost(string name, bool stock)
    {
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistry(stock);
        using Process child = TestProcesses.StartSleeper();
        Process process = child;
        Exception? wrong = null;
        using Barrier barrier = new(2);
        Thread caller = new(() =>
        {
            for (int i = 0; i < CheapRounds; i++)
            {
                barrier.SignalAndWait();
                wrong ??= Wrong(() => s_looks[name](registry, process));
                barrier.SignalAndWait();
            }
        });
        caller.Start();
        for (int i = 0; i < CheapRounds; i++)
        {
            process = Process.GetProcessById(child.Id);
            barrier.SignalAndWait();
            Thread.SpinWait(i % 200);
            process.Dispose();
            barrier.SignalAndWait();
        }

        caller.Join();
        child.Kill();
        Assert.IsNull(wrong, wrong?.ToString());
    }

    /// <summary>
    /// A status of a fetched child without a pidfd opens the handle of the object before it waits. Another thread disposes the object in the middle
    /// of that. It has released the runtime's state of the child, and the field still has the empty holder of the state.
    /// </summary>
    [TestMethod]
    public void TheStartOfAStatusWait_WhileAnotherThreadDisposesTheObject_IsAnInvalidOperationAtMost()
    {
        AttachmentTable runs = new(new HookedKernel().Platform, PidFdSupport.Unsupported("this test is about the stock route"));
        using Process child = TestProcesses.StartSleeper();
        using Process process = Process.GetProcessById(child.Id);
        using PinnedRun run = PinnedRun.Of(runs, process);
        Assert.IsFalse(process.WaitForExit(0));
        FieldInfo holderOf = Field(typeof(Process), "_waitStateHolder");
        object holder = holderOf.GetValue(process)!;
        object state = Field(holder.GetType(), "_state").GetValue(holder)!;
        Exception? wrong = null;
        Thread caller = new(() => wrong = Wrong(() => ExitStatusResolver.Prepare(run)));
        lock (Field(state.GetType(), "_gate").GetValue(state)!)
        {
            caller.Start();
            TestProcesses.WaitUntil(
                () => caller.ThreadState.HasFlag(System.Threading.ThreadState.WaitSleepJoin), "the call asks for the exit");
            process.Close();
            holderOf.SetValue(process, holder);
        }

        Assert.IsTrue(caller.Join(s_limit));
        child.Kill();
        Assert.IsNull(wrong, wrong?.ToString());

        static FieldInfo Field(Type type, string name) => type.GetField(name, BindingFlags.Instance | BindingFlags.NonPublic)!;
    }

    [TestMethod]
    [DynamicData(nameof(Waits))]
    public void AWait_WhileAnotherThreadDisposesTheObject_Ends_AndIsAnInvalidOperationAtMost(string name, bool exited)
    {
        using ProcessHandleRegistry registry = new();
        for (int i = 0; i < Rounds / 10; i++)
        {
            using Process child = TestProcesses.StartSleeper();
            int id = child.Id;
            if (i % 2 == 0)
            {
                registry.Attach(child);
            }

            if (exited)
            {
                Native.KillByPid(id);
                child.WaitForExit();
            }

            Exception? wrong = null;
            using Barrier barrier = new(2);
            Thread caller = new(() =>
            {
                barrier.SignalAndWait();
                wrong = Wrong(() => s_waits[name](registry, child));
            });
            caller.Start();
            barrier.SignalAndWait();
            Thread.SpinWait(i * 100);
            child.Dispose();
            if (!exited)
            {
                Native.KillByPid(id);
            }

            Assert.IsTrue(caller.Join(s_limit), "the call hangs");
            Assert.IsNull(wrong, wrong?.ToString());
        }
    }

    [TestMethod]
    public async Task ACancellation_InTheMomentOfTheExit_OfADetachedProcess_EndsTheWait()
    {
        using ProcessHandleRegistry registry = new();
        for (int i = 0; i < Rounds; i++)
        {
            using Process child = TestProcesses.StartSleeper();
            using CancellationTokenSource source = new();
            Task wait = i % 2 == 0 ? registry.WaitForExitAsync(child, source.Token) : registry.WaitForExitStatusAsync(child, source.Token);
            Assert.IsTrue(registry.Detach(child));
            Native.KillByPid(child.Id);
            Thread.SpinWait(i * 200);
            await source.CancelAsync();
            await wait.WaitAsync(s_limit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Assert.IsTrue(wait.IsCompletedSuccessfully || wait.IsCanceled);
        }
    }

    [TestMethod]
    public async Task Dispose_OfTheRegistry_EndsTheWaitsOnDetachedAndReplacedAttachments()
    {
        ProcessHandleRegistry registry = new();
        using Process detached = TestProcesses.StartSleeper();
        using Process any = TestProcesses.StartSleeper();
        using Process replaced = TestProcesses.StartSleeper();
        int id = replaced.Id;
        Task[] waits =
        [
            registry.WaitForExitAsync(detached),
            registry.WaitForExitStatusAsync(detached),
            registry.WhenAnyExitAsync([any]),
            registry.WaitForExitAsync(replaced),
        ];
        registry.Detach(detached);
        registry.Detach(any);
        replaced.Close();
        replaced.StartInfo = new ProcessStartInfo("/bin/sleep", ["1000"]);
        replaced.Start();
        registry.Attach(replaced);
        registry.Dispose();
        foreach (Task wait in waits)
        {
            await Assert.ThrowsExactlyAsync<ObjectDisposedException>(() => wait.WaitAsync(s_limit));
        }

        Native.KillByPid(id);
        foreach (Process process in new[] { detached, any, replaced })
        {
            process.Kill();
        }
    }

    private static Exception? Wrong(Action call)
    {
        try
        {
            call();
            return null;
        }
        catch (Exception e)
        {
            Exception cause = e is AggregateException { InnerException: { } inner } ? inner : e;
            return cause is InvalidOperationException or OperationCanceledException ? null : e;
        }
    }
}
