using System.Diagnostics;
using System.Diagnostics.Tracing;
using System.Reflection;
using PidFdProcess.Shared;

namespace PidFdProcess.Tests.Dummy.Commands;

/// <summary>
/// A listener blocks when the event source is made. The first event of the program tells that an asynchronous wait ended without a reap. Prints
/// whether other waits end as long as the listener blocks.
/// </summary>
internal static class BlockingListener
{
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan s_late = TimeSpan.FromSeconds(60);

    public static Task RunAsync() => Answers.OnOwnThread(Run);

    private static void Run()
    {
        _ = ProcessHandleRegistry.Default.Support;
        LeaveTheEventSourceUnmade();
        using Listener listener = new();

        // While the listener blocks, the runtime can make no event source, and its own classes make some at their first use.
        Process first = Shell.StartSleeper();
        first.KillViaPidFd();
        Answers.Ask("a wait before the listener is called", () => first.WaitForExitStatusPidFdAsync().Result, s_late);

        // The runtime would reap the next child, too, if it were still busy with the first.
        first.WaitForExit();
        NativeHost.LoseSigChld();

        Process late = Shell.StartSleeper();
        Process other = Shell.StartSleeper();
        Task wait = late.WaitForExitPidFdAsync();
        Task<PidFdExitStatus> status = other.WaitForExitStatusPidFdAsync();
        late.KillViaPidFd();
        Answers.Print("the listener is called", listener.WaitUntilCalled(s_late));
        other.KillViaPidFd();
        Answers.Ask("another wait", () => status.Result, s_soon);
        Answers.Ask("the late wait", () => wait.Wait(s_soon), s_soon);
        Answers.Print("the listener is called on a thread of the pool", listener.IsCalledOnPool);
        listener.Go();
    }

    /// <summary>
    /// Makes telemetry count as started without an event source, as after a shortage of descriptors. Otherwise the first attachment would make the
    /// event source on the thread of the app.
    /// </summary>
    private static void LeaveTheEventSourceUnmade() => typeof(ProcessHandleRegistry).Assembly.GetType("PidFdProcess.Diagnostics.Telemetry")!
        .GetField("s_isStarted", BindingFlags.Static | BindingFlags.NonPublic)!.SetValue(null, true);

    private sealed class Listener : EventListener
    {
        private readonly ManualResetEventSlim _called = new();
        private readonly ManualResetEventSlim _go = new();

        public bool IsCalledOnPool { get; private set; }

        public bool WaitUntilCalled(TimeSpan limit) => _called.Wait(limit);

        public void Go() => _go.Set();

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name == "PidFdProcess")
            {
                IsCalledOnPool = Thread.CurrentThread.IsThreadPoolThread;
                _called.Set();
                _go.Wait(TimeSpan.FromMinutes(1));
            }
        }
    }
}
