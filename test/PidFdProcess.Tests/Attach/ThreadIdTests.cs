using System.Diagnostics;
using PidFdProcess.CompilerServices;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Attach;

/// <summary>The id of a thread is no PID, but kill(2) takes it for one and reaches the whole process.</summary>
[TestClass]
public sealed class ThreadIdTests
{
    private static readonly Dictionary<string, Action<ProcessHandleRegistry, Process>> s_calls = new()
    {
        ["Attach"] = static (registry, process) => registry.Attach(process),
        ["Kill"] = static (registry, process) => registry.Kill(process),
        ["Kill of the tree"] = static (registry, process) => registry.Kill(process, entireProcessTree: true),
        ["Signal"] = static (registry, process) => registry.Signal(process, Mono.Unix.Native.Signum.SIGTERM),
        ["Stop"] = static (registry, process) => registry.Stop(process, TimeSpan.Zero),
        ["WaitForExit"] = static (registry, process) => registry.WaitForExit(process, 0),
    };

    public static IEnumerable<object[]> Calls => from call in s_calls.Keys select new object[] { call };

    [TestMethod]
    [DynamicData(nameof(Calls))]
    public void ACall_OnAnObjectWithTheIdOfAThread_IsRefused_AndItsProcessLives(string call) => AssertRefused(call, stock: false);

    [TestMethod]
    [DynamicData(nameof(Calls))]
    public void WithoutPidFds_ACall_OnAnObjectWithTheIdOfAThread_IsRefused_AndItsProcessLives(string call) => AssertRefused(call, stock: true);

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Open_OfAThreadId_IsRefusedAsAPidThatDoesNotExist(bool stock)
    {
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistry(stock);
        using PipedProcess program = StartWithThreads(out int threadId);
        ArgumentException e = Assert.ThrowsExactly<ArgumentException>(() => registry.Open(threadId));
        Assert.Contains("thread", e.Message);
        Assert.IsFalse(registry.TryOpen(threadId, out _));
        AssertLives(program);
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(-1)]
    public void TryOpen_OfANumberThatIsNotPositive_FindsNoProcess(int number) => Assert.IsFalse(ProcessHandleRegistry.Default.TryOpen(number, out _));

    [TestMethod]
    public void ADropInWait_OnAnObjectWithTheIdOfAThread_IsServedByTheRuntime()
    {
        using PipedProcess program = StartWithThreads(out int threadId);
        using Process thread = FetchThread(threadId);
        Assert.IsFalse(ProcessInterceptors.WaitForExit(thread, 0));
        AssertLives(program);
    }

    private static void AssertRefused(string call, bool stock)
    {
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistry(stock);
        using PipedProcess program = StartWithThreads(out int threadId);
        using Process thread = FetchThread(threadId);
        InvalidOperationException e = Assert.ThrowsExactly<InvalidOperationException>(() => s_calls[call](registry, thread));
        Assert.Contains("thread", e.Message);
        AssertLives(program);
    }

    /// <summary>A program of this runtime, which has several threads. It waits for a line and prints it.</summary>
    private static PipedProcess StartWithThreads(out int threadId)
    {
        PipedProcess program = new($"exec {string.Join(' ', DummyProgram.Start)} echo-line");
        int id = 0;
        TestProcesses.WaitUntil(
            () => (id = Threads(program.Id).FirstOrDefault(thread => thread != program.Id)) != 0, "the program has a second thread");
        threadId = id;
        return program;
    }

    private static IEnumerable<int> Threads(int processId) => Directory.GetDirectories($"/proc/{processId}/task")
        .Select(static path => int.Parse(Path.GetFileName(path), System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>The runtime takes the id of a thread, at least in some versions.</summary>
    private static Process FetchThread(int threadId)
    {
        try
        {
            return Process.GetProcessById(threadId);
        }
        catch (ArgumentException e)
        {
            throw new AssertInconclusiveException($"This runtime fetches no thread: {e.Message}");
        }
    }

    private static void AssertLives(PipedProcess program)
    {
        program.StandardInput.WriteLine("alive");
        Assert.AreEqual("alive", program.ReadLine());
        program.WaitForExit();
    }
}
