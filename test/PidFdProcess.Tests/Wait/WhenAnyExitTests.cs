using System.Collections.Concurrent;
using System.Diagnostics;
using System.Reflection;
using System.Runtime.ExceptionServices;
using PidFdProcess.Handles;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Diagnostics;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Wait;

[TestClass]
public sealed class WhenAnyExitTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    private readonly List<Process> _processes = [];

    public WhenAnyExitTests() => TestProcesses.WaitUntil(() => PidFdPlatform.Shared.EventLoop.Count == 0, "earlier tests have no process left");

    [TestCleanup]
    public void Cleanup()
    {
        foreach (Process process in _processes)
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
        }
    }

    [TestMethod]
    public void TheEndOfTheRegistry_LeavesNoUnobservedException()
    {
        int unobserved = 0;
        void OnUnobserved(object? sender, UnobservedTaskExceptionEventArgs e) =>
            unobserved += e.Exception.InnerException is ObjectDisposedException ? 1 : 0;
        TaskScheduler.UnobservedTaskException += OnUnobserved;
        try
        {
            WaitUntilTheRegistryEnds();
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Assert.AreEqual(0, unobserved);
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= OnUnobserved;
        }
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(7)]
    [DataRow(19)]
    public async Task WhenAny_ReturnsTheExitedProcess_AndWatchesTheOthersOnce(int which)
    {
        int watches = PidFdPlatform.Shared.EventLoop.Count;
        Start(20);
        Task<Process> any = _processes.WhenAnyExitPidFdAsync();
        Assert.AreEqual(watches + 20, PidFdPlatform.Shared.EventLoop.Count);
        Assert.IsFalse(any.IsCompleted);
        _processes[which].Kill();
        Assert.AreSame(_processes[which], await any.WaitAsync(s_limit));
        TestProcesses.WaitUntil(() => PidFdPlatform.Shared.EventLoop.Count == watches + 19, "the others are watched until they exit");

        // The answer comes before the reap, but HasExited waits for it.
        Assert.IsTrue(_processes[which].WaitForExit(s_limit));
        Assert.AreEqual(1, _processes.Count(p => p.HasExited));

        // The others can be awaited as before, one by one until all have exited.
        Task<Process> next = _processes.Where(p => !p.HasExited).WhenAnyExitPidFdAsync();
        Process second = _processes.First(p => !p.HasExited);
        second.Kill();
        Assert.AreSame(second, await next.WaitAsync(s_limit));
        Assert.IsTrue(second.WaitForExit(s_limit));
        TestProcesses.WaitUntil(() => PidFdPlatform.Shared.EventLoop.Count == watches + 18, "no process is watched twice");
    }

    [TestMethod]
    public async Task TwoCallsThatBeginAtOnce_ShareOneWait()
    {
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        Start(1);
        registry.Attach(_processes[0]);
        using Measurements measurements = new("pidfdprocess.waits.pending");
        long before = measurements["waits.pending"];
        Task<Process>? second = null;
        Thread late = new(() => second = registry.WhenAnyExitAsync(_processes));
        kernel.OnEpollAdd = () =>
        {
            kernel.OnEpollAdd = null;
            late.Start();
            TestProcesses.WaitUntil(() => late.ThreadState.HasFlag(System.Threading.ThreadState.WaitSleepJoin), "the other call waits for the lock");
            return null;
        };
        Task<Process> first = registry.WhenAnyExitAsync(_processes);
        late.Join();
        Assert.AreEqual(before + 1, measurements["waits.pending"]);
        registry.Kill(_processes[0]);
        Assert.AreSame(_processes[0], await first.WaitAsync(s_limit));
        Assert.AreSame(_processes[0], await second!.WaitAsync(s_limit));
        Assert.AreEqual(before, measurements["waits.pending"]);
    }

    [TestMethod]
    public async Task WhenAny_WithAProcessThatHasExited_ReturnsIt()
    {
        Start(3);
        _processes[1].Kill();
        _processes[1].WaitForExit();
        Assert.AreSame(_processes[1], await _processes.WhenAnyExitPidFdAsync().WaitAsync(s_limit));
    }

    [TestMethod]
    public async Task WhenAny_OfChildrenAndANonChildZombie_ReturnsTheZombie()
    {
        Start(2);
        using NonChildProcess nonChild = NonChildProcess.StartUnreaped();
        using Process process = ProcessHandleRegistry.Default.Open(nonChild.Id);
        Task<Process> any = _processes.Append(process).WhenAnyExitPidFdAsync();
        nonChild.Signal();
        Assert.AreSame(process, await any.WaitAsync(s_limit));
    }

    [TestMethod]
    public async Task WhenAny_ThatIsCancelled_LeavesTheProcessesRunning()
    {
        int watches = PidFdPlatform.Shared.EventLoop.Count;
        Start(5);
        using CancellationTokenSource source = new();
        Task<Process> any = _processes.WhenAnyExitPidFdAsync(source.Token);
        await source.CancelAsync();
        OperationCanceledException e = await Assert.ThrowsAsync<OperationCanceledException>(() => any.WaitAsync(s_limit));
        Assert.AreEqual(source.Token, e.CancellationToken);
        Assert.IsFalse(_processes.Exists(p => p.HasExited));
        await Assert.ThrowsAsync<OperationCanceledException>(() => _processes.WhenAnyExitPidFdAsync(new CancellationToken(true)));
        Assert.AreEqual(watches, PidFdPlatform.Shared.EventLoop.Count);
    }

    [TestMethod]
    public async Task WhenAny_OfTheSameProcessTwice_ReturnsIt()
    {
        Start(1);
        Task<Process> any = new[] { _processes[0], _processes[0] }.WhenAnyExitPidFdAsync();
        _processes[0].Kill();
        Assert.AreSame(_processes[0], await any.WaitAsync(s_limit));
    }

    [TestMethod]
    public void WhenAny_OfNoProcesses_Throws()
    {
        Start(1);
        Assert.ThrowsExactly<ArgumentNullException>(() => { _ = ((IEnumerable<Process>)null!).WhenAnyExitPidFdAsync(); });
        Assert.ThrowsExactly<ArgumentException>(() => { _ = Array.Empty<Process>().WhenAnyExitPidFdAsync(); });
        Assert.ThrowsExactly<ArgumentNullException>(() => { _ = new[] { _processes[0], null! }.WhenAnyExitPidFdAsync(); });
    }

    [TestMethod]
    public async Task WhenAny_WithAnUnstartedProcess_ThrowsThroughTheTask()
    {
        Start(2);
        using Process unstarted = new();
        Task<Process> any = _processes.Append(unstarted).WhenAnyExitPidFdAsync();
        await Assert.ThrowsExactlyAsync<InvalidOperationException>(() => any.WaitAsync(s_limit));
    }

    [TestMethod]
    public async Task WhenAny_WithoutPidFds_ReturnsTheExitedProcess()
    {
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistry();
        Start(3);
        Task<Process> any = registry.WhenAnyExitAsync(_processes);
        _processes[2].Kill();
        Assert.AreSame(_processes[2], await any.WaitAsync(s_limit));
    }

    [TestMethod]
    public async Task WhenAny_WithoutPidFds_EndsIfTheRuntimeHasLostTheHandler()
    {
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistry();
        Start(1);
        FieldInfo? handlers = typeof(Process).GetField("_onExited", BindingFlags.Instance | BindingFlags.NonPublic);
        if (handlers is null)
        {
            Assert.Inconclusive("This runtime keeps the handlers elsewhere.");
        }

        // As if another thread had added or removed a handler at the same time.
        Task<Process> any = registry.WhenAnyExitAsync(_processes);
        Assert.IsNotNull(handlers.GetValue(_processes[0]));
        handlers.SetValue(_processes[0], null);
        _processes[0].Kill();
        Assert.AreSame(_processes[0], await any.WaitAsync(s_limit));
    }

    [TestMethod]
    public async Task WhenAny_InALoopOverAllProcesses_ThrowsNothingInside()
    {
        Start(50);
        List<Process> left = [.. _processes];
        ConcurrentQueue<string> exceptions = [];
        EventHandler<FirstChanceExceptionEventArgs> note = (_, e) => exceptions.Enqueue($"{e.Exception} {Environment.StackTrace}");
        AppDomain.CurrentDomain.FirstChanceException += note;
        try
        {
            foreach (Process process in _processes)
            {
                Native.KillByPid(process.Id);
            }

            while (left.Count > 0)
            {
                Assert.IsTrue(left.Remove(await left.WhenAnyExitPidFdAsync().WaitAsync(s_limit)));
            }
        }
        finally
        {
            AppDomain.CurrentDomain.FirstChanceException -= note;
        }

        Assert.IsEmpty(exceptions, string.Join('\n', exceptions));
    }

    private void Start(int count)
    {
        for (int i = 0; i < count; i++)
        {
            _processes.Add(TestProcesses.StartSleeper());
        }
    }

    // A method of its own, so that no local of the test keeps the tasks.
    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private void WaitUntilTheRegistryEnds()
    {
        ProcessHandleRegistry registry = new();
        _processes.AddRange([TestProcesses.StartSleeper(), TestProcesses.StartSleeper(), TestProcesses.StartSleeper()]);
        Task<Process> wait = registry.WhenAnyExitAsync(_processes);
        registry.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => wait.GetAwaiter().GetResult());
    }
}
