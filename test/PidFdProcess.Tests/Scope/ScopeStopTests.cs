using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;
using PidFdProcess.Tests.Tree;

namespace PidFdProcess.Tests.Scope;

/// <summary>Stops of all processes of a scope.</summary>
[TestClass]
public sealed class ScopeStopTests
{
    private const string ShortProcessesVariable = "PIDFDPROCESS_TEST_SHORT";
    private const int UsualShortProcesses = 300;
    private const string Stubborn = "trap '' TERM; echo ready; exec sleep 1000";

    private static readonly TimeSpan s_short = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    public async Task Stop_OfAHundredStubbornProcesses_TakesTheGracePeriodOnce_AndFewThreads()
    {
        const int Count = 100;
        TimeSpan grace = TimeSpan.FromSeconds(2);
        await using ProcessScope scope = new(new ProcessScopeOptions { GracePeriod = grace });
        Process[] processes = [.. Enumerable.Range(0, Count).Select(_ => StartReady(scope, Stubborn))];
        int threads = TestProcesses.Threads();
        StopTime time = new(grace);

        Task<ProcessScopeResult> stop = time.Watch(scope.StopAsync());
        int most = threads;
        while (!stop.IsCompleted)
        {
            most = Math.Max(most, TestProcesses.Threads());
            await Task.Delay(10);
        }

        ProcessScopeResult result = await stop;
        time.AssertKept(TestContext);
        Assert.IsEmpty(result.Survivors);
        Assert.HasCount(Count, result.Exits);
        Assert.IsTrue(result.Exits.All(static exit => exit.Status.Canceled), string.Join('\n', result.Exits));
        Assert.IsLessThan(threads + 20, most);
        Dispose(processes);
    }

    [TestMethod]
    public async Task Stop_TellsHowEachProcessEnded()
    {
        await using ProcessScope scope = new();
        Process obedient = StartReady(scope, "echo ready; exec sleep 1000");
        Process polite = StartReady(scope, "trap 'exit 42' TERM; echo ready; while :; do sleep 0.01; done");

        ProcessScopeResult result = await scope.StopAsync().WaitAsync(s_limit);

        Assert.AreEqual("killed by SIGTERM", StatusOf(result, obedient));
        Assert.AreEqual("exited 42", StatusOf(result, polite));
        Assert.AreSame(result, await scope.StopAsync());
        Dispose(obedient, polite);
    }

    [TestMethod]
    public async Task Stop_StopsTheDescendants_UnlessToldNotTo()
    {
        using MarkedTree tree = new("trap '' TERM; sleep 1000 & exec sleep 1000");
        tree.WaitForCount(2);
        int descendant = tree.Alive().Single(id => id != tree.Root.Id);
        await using (ProcessScope scope = new(new ProcessScopeOptions { GracePeriod = s_short, EntireProcessTree = false }))
        {
            scope.Add(tree.Root);
            await scope.StopAsync().WaitAsync(s_limit);
        }

        tree.AssertAlive(descendant);

        using MarkedTree whole = new("trap '' TERM; sleep 1000 & exec sleep 1000");
        whole.WaitForCount(2);
        await using (ProcessScope scope = new(new ProcessScopeOptions { GracePeriod = s_short }))
        {
            scope.Add(whole.Root);
        }

        whole.AssertNoSurvivor();
    }

    [TestMethod]
    public void Dispose_OnAThreadThatIsInterrupted_StopsTheProcesses_AndLeavesTheInterruption()
    {
        using ProcessScope scope = new(new ProcessScopeOptions { GracePeriod = TimeSpan.FromSeconds(3) });
        using Process process = StartReady(scope, "trap 'echo term' TERM; echo ready; while :; do sleep 0.01; done");
        bool isInterrupted = false;
        Thread thread = new(() =>
        {
            scope.Dispose();
            try
            {
                Thread.Sleep(Timeout.Infinite);
            }
            catch (ThreadInterruptedException)
            {
                isInterrupted = true;
            }
        });
        thread.Start();
        Assert.AreEqual("term", process.StandardOutput.ReadLine());
        thread.Interrupt();
        Assert.IsTrue(thread.Join(s_limit));
        Assert.IsTrue(isInterrupted);
        Assert.IsTrue(process.WaitForExit(s_limit));
        Assert.AreEqual(137, process.ExitCode);
    }

    // Longer than usual, for the processes that the variable asks for.
    [TestMethod]
    [Timeout(1_800_000)]
    public async Task ManyProcessesThatEndByThemselves_LeaveNothing()
    {
        int count = Environment.GetEnvironmentVariable(ShortProcessesVariable) is { } asked
            ? int.Parse(asked, CultureInfo.InvariantCulture)
            : UsualShortProcesses;
        int pidFds = ResourceCounts.PidFdBaseline();
        int zombies = ResourceCounts.ZombieChildren();
        await using ProcessScope scope = new();
        Stopwatch watch = Stopwatch.StartNew();
        int most = 0;
        List<WeakReference<Process>> objects = StartShort(scope, count, ref most);
        TestProcesses.WaitUntil(() => scope.MemberCount == 0, "the scope is empty");
        TestContext.WriteLine($"{count} processes in {watch.Elapsed.TotalSeconds:F1} s, at most {most} at once in the scope");

        Assert.IsEmpty(scope.Processes);
        ResourceCounts.WaitForPidFds(pidFds);
        TestProcesses.WaitUntil(() => ResourceCounts.ZombieChildren() <= zombies, "no zombie is left");
        TestProcesses.WaitUntil(() => ResourceCounts.CollectAndCount(objects) == 0, "no object is kept");
        Assert.IsEmpty((await scope.StopAsync()).Exits);
    }

    [TestMethod]
    public async Task Stop_OfARestartedObject_StopsItsFirstRunAlone()
    {
        await using ProcessScope scope = new();
        using Process process = scope.Start(new ProcessStartInfo("/bin/sh", ["-c", "exec sleep 1000"]));
        int first = process.Id;
        process.Close();
        process.StartInfo = new ProcessStartInfo("/bin/sh", ["-c", "exec sleep 1000"]);
        process.Start();

        await scope.StopAsync().WaitAsync(s_limit);

        Assert.IsFalse(process.HasExited);
        TestProcesses.WaitUntil(() => ProcessTable.StateOf(first) is null or 'Z', "the first run has ended");
        process.Kill();
        process.WaitForExit();
    }

    [TestMethod]
    public async Task AProcessThatMayNotBeSignalled_IsReported_AndTheOthersAreStopped()
    {
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        await using ProcessScope scope = new(new ProcessScopeOptions { GracePeriod = s_short, Registry = registry });
        using Process guarded = scope.Start(new ProcessStartInfo("/bin/sh", ["-c", "exec sleep 1000"]));
        Process other = StartReady(scope, "echo ready; exec sleep 1000");
        kernel.OnSignal = (pidFd, signal) => signal != 0 && HookedKernel.ProcessIdOf(pidFd) == guarded.Id ? Errno.EPERM : null;

        ProcessScopeResult result = await scope.StopAsync().WaitAsync(s_limit);

        Assert.AreEqual("killed by SIGTERM", StatusOf(result, other));
        ProcessScopeSurvivor survivor = result.Survivors.Single();
        Assert.AreEqual(guarded.Id, survivor.ProcessId);
        Assert.IsTrue(survivor.Name is "sleep" or "sh", survivor.Name);
        StringAssert.Contains(survivor.Reason, "EPERM");
        guarded.Kill();
        guarded.WaitForExit();
        other.Dispose();
    }

    [TestMethod]
    public async Task ACancelledStop_KillsNoProcess_AndTheNextStopGoesOn()
    {
        await using ProcessScope scope = new(new ProcessScopeOptions { GracePeriod = TimeSpan.FromMinutes(10) });
        Process process = StartReady(scope, "trap 'echo term' TERM; echo ready; while :; do sleep 0.01; done");
        using CancellationTokenSource source = new();
        Task<ProcessScopeResult> stop = scope.StopAsync(source.Token);
        Assert.AreEqual("term", process.StandardOutput.ReadLine());

        await source.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => stop.WaitAsync(s_limit));
        Assert.IsFalse(process.HasExited);
        Assert.ThrowsExactly<ObjectDisposedException>(() => scope.Start(Shell.Info("exit 0")));

        Task<ProcessScopeResult> again = scope.StopAsync();
        Assert.AreEqual("term", process.StandardOutput.ReadLine());
        process.Kill();
        Assert.AreEqual("killed by SIGKILL", StatusOf(await again.WaitAsync(s_limit), process));
        process.Dispose();
    }

    [TestMethod]
    public void Dispose_FromManyThreadsAtOnce_StopsOnce()
    {
        ProcessScope scope = new(new ProcessScopeOptions { GracePeriod = s_short });
        Process process = StartReady(scope, Stubborn);
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, _ => scope.Dispose());
        scope.Dispose();
        Assert.IsTrue(process.HasExitedPidFd());
        process.Dispose();
    }

    [TestMethod]
    public void Dispose_OnTheStockRoute_StopsAll()
    {
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistry(stock: true);
        ProcessScope scope = new(new ProcessScopeOptions { GracePeriod = s_short, Registry = registry });
        Process[] processes = [StartReady(scope, Stubborn), StartReady(scope, "echo ready; exec sleep 1000")];
        scope.Dispose();
        Assert.IsTrue(Array.TrueForAll(processes, static process => process.WaitForExit(10_000)));
        Dispose(processes);
    }

    [TestMethod]
    public void Add_OfTheCallingProcess_IsRefused()
    {
        using ProcessScope scope = new();
        using Process self = Process.GetCurrentProcess();
        Assert.ThrowsExactly<InvalidOperationException>(() => scope.Add(self));
    }

    [TestMethod]
    public void Add_AfterTheRegistryWasDisposed_IsRefused_AndSparesTheProcess()
    {
        using ProcessHandleRegistry registry = new();
        using ProcessScope scope = new(new ProcessScopeOptions { Registry = registry });
        registry.Dispose();
        using Process process = TestProcesses.StartSleeper();
        Assert.ThrowsExactly<ObjectDisposedException>(() => scope.Add(process));
        Assert.IsFalse(process.HasExited);
        process.Kill();
        process.WaitForExit();
    }

    [TestMethod]
    public void Options_ThatAreNull_AreRefused()
    {
        Assert.ThrowsExactly<ArgumentNullException>(static () => new ProcessScopeOptions { ForwardSignals = null! });
        Assert.ThrowsExactly<ArgumentNullException>(static () => new ProcessScopeOptions { Registry = null! });
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static List<WeakReference<Process>> StartShort(ProcessScope scope, int count, ref int most)
    {
        List<WeakReference<Process>> objects = [];
        for (int i = 0; i < count; i++)
        {
            // The object is disposed before its process ends.
            using Process process = scope.Start(Shell.Info("exit 3"));
            objects.Add(new WeakReference<Process>(process));
            most = Math.Max(most, scope.MemberCount);
        }

        return objects;
    }

    private static Process StartReady(ProcessScope scope, string script)
    {
        Process process = scope.Start(Shell.Info(script, redirectOutput: true));
        Assert.AreEqual("ready", process.StandardOutput.ReadLine());
        return process;
    }

    private static string StatusOf(ProcessScopeResult result, Process process) =>
        result.Exits.Single(exit => ReferenceEquals(exit.Process, process)).Status.ToString();

    private static void Dispose(params Process[] processes) => Array.ForEach(processes, static process => process.Dispose());
}
