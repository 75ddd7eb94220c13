using System.Collections.Concurrent;
using System.Diagnostics;
using PidFdProcess.Handles;
using PidFdProcess.Linux;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Wait;

/// <summary>Waits that begin in a SynchronizationContext or a TaskScheduler, which are user code.</summary>
[TestClass]
public sealed class CallerContextTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    private readonly List<Process> _children = [];
    private readonly ProcessHandleRegistry _registry = TestRegistry.On(new PidFdPlatform(LinuxKernel.Instance));

    public void Dispose()
    {
        foreach (Process child in _children)
        {
            child.Kill();
            child.Dispose();
        }

        _registry.Dispose();
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task ASynchronizationContext_IsNotCalledOnTheEventLoop(bool exits)
    {
        const int Waits = 20;
        RecordingContext context = new();
        List<Task> waits = [];
        for (int i = 0; i < Waits; i++)
        {
            waits.Add(await BeginIn(context, StartChild()));
        }

        await EndAsync(exits);
        foreach (Task wait in waits)
        {
            await EndOf(wait, exits);
        }

        Assert.HasCount(Waits, context.Threads);
        Assert.IsTrue(context.Threads.All(static thread => thread.IsThreadPoolThread), string.Join(' ', context.Threads.Select(static t => t.Name)));
    }

    [TestMethod]
    public async Task ATaskScheduler_IsNotCalledOnTheEventLoop()
    {
        const int Waits = 20;
        RecordingScheduler scheduler = new();
        List<Task> waits = [];
        for (int i = 0; i < Waits; i++)
        {
            Process child = StartChild();
            waits.Add(await Task.Factory.StartNew(
                () => AwaitInContextAsync(child), CancellationToken.None, TaskCreationOptions.None, scheduler));
        }

        await EndAsync(exits: true);
        await Task.WhenAll(waits).WaitAsync(s_limit);
        Assert.HasCount(2 * Waits, scheduler.ThreadNames);
        Assert.DoesNotContain(ExitEventLoop.ThreadName, scheduler.ThreadNames);
    }

    [TestMethod]
    public async Task AContextThatBlocks_DelaysNoOtherWait()
    {
        using ManualResetEventSlim release = new();
        RecordingContext context = new() { Posting = () => release.Wait(s_limit) };
        Process first = StartChild();
        Task blocked = await BeginIn(context, first);
        try
        {
            first.Kill();
            TestProcesses.WaitUntil(() => !context.Threads.IsEmpty, "the context is called");
            Process second = StartChild();
            Task wait = _registry.WaitForExitAsync(second);
            second.Kill();
            await wait.WaitAsync(s_limit / 2);
        }
        finally
        {
            release.Set();
        }

        await blocked.WaitAsync(s_limit);
    }

    private static async Task EndOf(Task wait, bool exits)
    {
        if (exits)
        {
            await wait.WaitAsync(s_limit);
        }
        else
        {
            await Assert.ThrowsAsync<ObjectDisposedException>(() => wait.WaitAsync(s_limit));
        }
    }

    private async Task EndAsync(bool exits)
    {
        if (exits)
        {
            _children.ForEach(static child => child.Kill());
        }
        else
        {
            // The event loop ends late waits, and this thread stands for it.
            await Task.Factory.StartNew(_registry.Dispose, TaskCreationOptions.LongRunning);
        }
    }

    /// <summary>Begins a wait in the context. The wait has begun when the outer task ends.</summary>
    private Task<Task> BeginIn(SynchronizationContext context, Process child) => Task.Factory.StartNew(
        () =>
        {
            SynchronizationContext.SetSynchronizationContext(context);
            return AwaitInContextAsync(child);
        },
        TaskCreationOptions.LongRunning);

    private async Task AwaitInContextAsync(Process child) => await _registry.WaitForExitAsync(child).ConfigureAwait(true);

    private Process StartChild()
    {
        Process child = TestProcesses.StartSleeper();
        _children.Add(child);
        return child;
    }

    private sealed class RecordingContext : SynchronizationContext
    {
        public ConcurrentQueue<Thread> Threads { get; } = [];

        public Action? Posting { get; init; }

        public override void Post(SendOrPostCallback d, object? state)
        {
            Threads.Enqueue(Thread.CurrentThread);
            Posting?.Invoke();
            ThreadPool.QueueUserWorkItem(_ => d(state));
        }
    }

    private sealed class RecordingScheduler : TaskScheduler
    {
        public ConcurrentQueue<string?> ThreadNames { get; } = [];

        protected override void QueueTask(Task task)
        {
            ThreadNames.Enqueue(Thread.CurrentThread.Name);
            ThreadPool.QueueUserWorkItem(_ => TryExecuteTask(task));
        }

        protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

        protected override IEnumerable<Task> GetScheduledTasks() => [];
    }
}
