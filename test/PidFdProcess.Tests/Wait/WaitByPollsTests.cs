using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Wait;

/// <summary>Waits in a program that has no epoll watch left. They end as those of the event loop do.</summary>
[TestClass]
public sealed class WaitByPollsTests
{
    private readonly HookedKernel _kernel = new();
    private readonly Process _process = TestProcesses.StartSleeper();
    private ProcessHandleRegistry _registry = null!;

    [TestInitialize]
    public void UseUpTheWatches()
    {
        _registry = TestRegistry.On(_kernel.Platform);
        Assert.IsTrue(_registry.Support.IsSupported);
        _kernel.OnEpollAdd = static () => Errno.ENOSPC;
    }

    [TestCleanup]
    public void Cleanup()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _registry.Dispose();
    }

    [TestMethod]
    [DataRow("exit", true)]
    [DataRow("exit", false)]
    [DataRow("status", true)]
    [DataRow("first", true)]
    [DataRow("first", false)]
    public async Task TheEndOfTheRegistry_EndsTheWait_AndLeavesNoPidFd(string kind, bool isForGood)
    {
        int before = TestProcesses.OpenPidFds();
        Task wait = kind switch
        {
            "exit" => _registry.WaitForExitAsync(_process),
            "status" => _registry.WaitForExitStatusAsync(_process),
            _ => _registry.WhenAnyExitAsync([_process]),
        };
        _registry.Runs.Clear(isForGood);
        ObjectDisposedException e = await Assert.ThrowsExactlyAsync<ObjectDisposedException>(() => wait.WaitAsync(Waiting.Limit));
        StringAssert.Contains(e.Message, $"The registry was disposed during a wait for process {_process.Id}.");
        ResourceCounts.WaitForPidFds(before);
        Assert.IsFalse(_process.HasExited);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task AWaitForTheExitAlone_ClosesThePidFdAfterTheReap(bool first)
    {
        int before = TestProcesses.OpenPidFds();
        Task wait = first ? _registry.WhenAnyExitAsync([_process]) : _registry.WaitForExitStatusAsync(_process);
        _process.Kill();
        await wait.WaitAsync(Waiting.Limit);
        ResourceCounts.WaitForPidFds(before);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task AStatus_BeforeTheReap_ClosesThePidFdAfterIt_OrWithTheRegistry(bool endsRegistry)
    {
        using Process child = TracedChildTests.StartTraced(out Process tracer);
        using Process disposed = tracer;
        int before = ResourceCounts.PidFdBaseline();
        Task<Process> wait = _registry.WhenAnyExitAsync([child]);
        await child.StandardInput.WriteLineAsync();
        await wait.WaitAsync(Waiting.Limit);
        Assert.AreEqual(before + 1, TestProcesses.OpenPidFds());
        if (endsRegistry)
        {
            // Long before the limit of the reap.
            _registry.Dispose();
            TestProcesses.WaitUntil(() => TestProcesses.OpenPidFds() <= before, "the pidfd is closed", limitMilliseconds: 8_000);
        }

        await tracer.StandardInput.WriteLineAsync();
        ResourceCounts.WaitForPidFds(before);
    }

    [TestMethod]
    public async Task AWaitForANonChild_EndsWithItsExit_AlsoAfterAPollThatFails()
    {
        using KernelMock kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        using Process process = registry.Open(nonChild.Id);
        kernel.Fail(KernelCall.EpollAdd, Errno.ENOSPC);
        Task wait = registry.WaitForExitAsync(process);
        int polls = kernel.Calls(KernelCall.Poll);
        kernel.Fail(KernelCall.Poll, Errno.ENOMEM, times: 1);
        TestProcesses.WaitUntil(() => kernel.Calls(KernelCall.Poll) > polls + 1, "a poll has failed");
        Assert.IsFalse(wait.IsCompleted);
        nonChild.KillAndWaitUntilReaped();
        await wait.WaitAsync(Waiting.Limit);
    }

    [TestMethod]
    public async Task AWaitForAChildThatOtherCodeHasReaped_EndsLongBeforeTheLimitOfTheReap()
    {
        using Process child = TracedChildTests.StartTraced(out Process tracer);
        using Process disposed = tracer;
        child.BeginOutputReadLine();
        Task wait = _registry.WaitForExitAsync(child);
        Task<bool> output = _registry.WaitForExitAndOutputAsync(child, Waiting.Limit);

        // From now on, the kernel says that the child has been reaped. The tracer keeps the runtime from reaping it.
        _kernel.OnSignal = static (_, signal) => signal == 0 ? Errno.ESRCH : null;
        await child.StandardInput.WriteLineAsync();
        TestProcesses.WaitUntil(() => ProcessTable.StateOf(child.Id) == 'Z', "the child is a zombie");
        await wait.WaitAsync(TimeSpan.FromSeconds(8));
        Assert.IsFalse(await output.WaitAsync(TimeSpan.FromSeconds(8)), "The runtime reads to the end only after it has learned of the exit.");
        await tracer.StandardInput.WriteLineAsync();
        await child.WaitForExitAsync();
    }

    /// <summary>Other code closed the descriptor of the event loop's set, and its number belongs to a set of that code.</summary>
    [TestMethod]
    [DataRow(0x0000_7fff_1234_5678UL, DisplayName = "a pointer")]
    [DataRow(7UL, DisplayName = "a descriptor")]
    [DataRow(0x0000_0001_0000_0040UL, DisplayName = "a token of a slot that was never used")]
    public async Task AWaitWhoseEpollSet_IsOneOfOtherCode_GoesOnByPolls_AndLeavesThatOpen(ulong token)
    {
        _kernel.OnEpollAdd = null;
        Task wait = _registry.WaitForExitAsync(_process);

        // The exit of another process wakes the event loop.
        using Process other = TestProcesses.StartSleeper();
        Task otherWait = _registry.WaitForExitAsync(other);
        SafeFileHandle? epoll = null;
        int number = -1;
        _kernel.ChangeTokens = (set, tokens) =>
        {
            (epoll, number) = (set, (int)set.DangerousGetHandle());
            Array.Fill(tokens, token);
        };
        other.Kill();
        await otherWait.WaitAsync(Waiting.Limit);
        TestProcesses.WaitUntil(() => epoll!.IsClosed, "the event loop has given up the set");
        Assert.AreEqual(0, Native.Close(number), "the other code closes its set");
        _process.Kill();
        await wait.WaitAsync(Waiting.Limit);
        Assert.AreEqual(137, _process.ExitCode);
    }

    /// <summary>As if seccomp had forbidden the call after the probe.</summary>
    [TestMethod]
    [DataRow((int)Errno.EPERM)]
    [DataRow((int)Errno.EACCES)]
    [DataRow((int)Errno.ENOSYS)]
    public async Task AWaitForAChildThatWasReaped_WhenNoSignalMayBeSent_EndsLongBeforeTheLimitOfTheReap(int errno)
    {
        _kernel.OnEpollAdd = null;
        _registry.Attach(_process);
        _process.Kill();
        _process.WaitForExit();
        _kernel.OnSignal = (_, _) => (Errno)errno;
        await _registry.WaitForExitAsync(_process).WaitAsync(TimeSpan.FromSeconds(8));
        Assert.AreEqual(137, _process.ExitCode);
    }

    [TestMethod]
    public async Task AWaitForTheFirst_ThatHasEnded_KeepsNoPidFdOfAProcessThatGoesOn()
    {
        int before = TestProcesses.OpenPidFds();
        for (int i = 0; i < 5; i++)
        {
            using Process first = TestProcesses.StartSleeper();
            Task<Process> wait = _registry.WhenAnyExitAsync([_process, first]);
            first.Kill();
            Assert.AreSame(first, await wait.WaitAsync(Waiting.Limit));
            first.WaitForExit();
            _registry.Detach(first);
        }

        _registry.Detach(_process);
        ResourceCounts.WaitForPidFds(before);
        Assert.IsFalse(_process.HasExited);
    }

    [TestMethod]
    public void AScopeThatDoesNotOwnTheProcess_KeepsNoPidFd()
    {
        int before = TestProcesses.OpenPidFds();
        ProcessScope scope = new(new ProcessScopeOptions { Registry = _registry });
        scope.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => scope.Add(_process));
        _registry.Detach(_process);
        ResourceCounts.WaitForPidFds(before);
        Assert.IsFalse(_process.HasExited);
    }
}
