using System.ComponentModel;
using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using PidFdProcess.Handles;
using PidFdProcess.Linux;
using PidFdProcess.Tests.Handles;
using PidFdProcess.Tests.Sources;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Linux;

/// <summary>
/// Walks each row of the table of errnos. For a part of the calls a seccomp filter on one thread makes the real call fail there. The others are
/// walked with a fake, as those that start threads, because threads inherit the filter. No errno ends in a signal by PID, and none takes the pidfd
/// away.
/// </summary>
[TestClass]
public sealed class ErrnoTableTests
{
    // clone3 of x64, by which the C library starts threads.
    private const int Clone3 = 435;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    // Of x64, as the filter.
    private static readonly Dictionary<string, int> s_numbers = new()
    {
        [ErrnoTable.PidFdOpen] = 434,
        [ErrnoTable.PidFdSendSignal] = 424,
        [ErrnoTable.WaitId] = 247,
        [ErrnoTable.Poll] = 7,
        [ErrnoTable.Duplicate] = 72,
    };

    private static readonly Dictionary<string, KernelCall> s_fakes = new()
    {
        [ErrnoTable.EpollCreate] = KernelCall.EpollCreate,
        [ErrnoTable.EpollCtl] = KernelCall.EpollAdd,
    };

    public static IEnumerable<object[]> RealRows => RowsOf(s_numbers.Keys);

    public static IEnumerable<object[]> FakeRows => RowsOf(s_fakes.Keys);

    public static IEnumerable<object[]> WalkRows => RowsOf(ErrnoWalks.All.Keys);

    [TestMethod]
    [DynamicData(nameof(RealRows))]
    public void EachErrno_OfTheRealCall_MeansWhatTheTableSays(string call, int number)
    {
        Errno errno = (Errno)number;
        ErrnoMeaning meaning = ErrnoTable.MeaningOf(call, errno);
        using ProcessHandleRegistry registry = TestRegistry.On(new HookedKernel().Platform);
        using Process process = EchoProcess.Start();
        if (!registry.Support.IsSupported)
        {
            Assert.Inconclusive(registry.Support.Reason);
        }

        ProcessRoute expected = ProcessRoute.PidFd;
        if (call is ErrnoTable.PidFdOpen)
        {
            expected = meaning == ErrnoMeaning.OutOfResources ? ProcessRoute.PidFd : ProcessRoute.Stock;
        }
        else if (call is ErrnoTable.WaitId)
        {
            // The kernel says that the PID belongs to a process that is no child, so the child must have been reaped.
            expected = meaning == ErrnoMeaning.NotAChild ? ProcessRoute.Stock : ProcessRoute.PidFd;
        }
        else
        {
            registry.Attach(process);
        }

        int failed = FailingSystemCall.Run(s_numbers[call], errno, times: 1, () => Act(registry, process, call, errno));
        Assert.AreEqual(1, failed);
        Assert.IsTrue(EchoProcess.Answers(process));
        Assert.AreEqual(expected, registry.Attach(process).Route);
        process.Kill();
        process.WaitForExit();
    }

    [TestMethod]
    [DynamicData(nameof(FakeRows))]
    public void EachErrno_OfTheEventLoop_LeavesTheWaitToTheRuntime(string call, int number)
    {
        using MockedChild child = new();
        child.Registry.Attach(child.Process);
        child.Kernel.Fail(s_fakes[call], (Errno)number, times: 1);
        Task wait = child.Registry.WaitForExitAsync(child.Process);
        Assert.Contains(((Errno)number).ToString(), child.Registry.Attach(child.Process).Reason);
        Assert.IsFalse(wait.IsCompleted);
        child.KillByStock();
        Assert.IsTrue(wait.Wait(s_limit));
    }

    [TestMethod]
    [DynamicData(nameof(WalkRows))]
    public void EachErrno_OfAFake_MeansWhatTheTableSays(string call, int number) => ErrnoWalks.All[call]((Errno)number);

    /// <summary>The runtime does not tell the errno of a thread that could not be started, so the call has one row.</summary>
    [TestMethod]
    public async Task AThreadThatCannotBeStarted_IsTheErrnoOfTheTable_AndTheNextWaitStartsIt()
    {
        Assert.AreEqual(Errno.EAGAIN, ErrnoTable.Rows.Single(static row => row.Call == ErrnoTable.Clone).Error);
        using NativeChild child = NativeChild.StartShell("exec sleep 1000");
        ProcessHandle handle = new(child.Id, child.OpenPidFd(), default, new TestOwner(new HookedKernel().Platform));
        CallFailure failure = default;
        int failed = FailingSystemCall.Run(Clone3, Errno.EAGAIN, times: 1, () => failure = handle.Add(new CollectingWaiter()));
        if (failed == 0)
        {
            Assert.Inconclusive("The C library does not start threads by clone3.");
        }

        Assert.AreEqual((ErrnoTable.Clone, Errno.EAGAIN), (failure.Call, failure.Error));
        Assert.IsTrue(SystemCallError.IsResource(failure.Error));
        StringAssert.Contains(failure.Describe(), "RLIMIT_NPROC");
        CollectingWaiter waiter = new();
        Assert.IsFalse(handle.Add(waiter).IsFailure);
        child.Signal(9);
        Assert.AreEqual(WaitOutcome.Exited, await waiter.EndAsync());
        handle.CloseWhenUnused();
    }

    [TestMethod]
    public void EachCallOfTheTable_IsWalked()
    {
        string[] walked = [.. s_numbers.Keys, .. s_fakes.Keys, .. ErrnoWalks.All.Keys, ErrnoTable.Clone];
        string[] missing = [.. ErrnoTable.Rows.Select(static row => row.Call).Where(static call => call.Length > 0).Distinct().Except(walked)];
        Assert.IsEmpty(missing, string.Join(", ", missing));
    }

    [TestMethod]
    public void EachRow_HasAHint_AndNoCallHasTheSameErrnoTwice()
    {
        Assert.IsTrue(ErrnoTable.Rows.All(static row => row.Hint.Length > 0 && row.Meaning != ErrnoMeaning.Unknown));
        Assert.HasCount(ErrnoTable.Rows.Count, ErrnoTable.Rows.Select(static row => (row.Call, row.Error)).Distinct().ToList());
    }

    /// <summary>Apart from the imports of the C library, which have the same names.</summary>
    [TestMethod]
    public void EachCall_IsNamedByItsConstantInTheTable()
    {
        string?[] names =
        [
            .. typeof(ErrnoTable).GetFields(BindingFlags.Static | BindingFlags.Public)
                .Where(static field => field.IsLiteral)
                .Select(static field => (string?)field.GetRawConstantValue()),
        ];
        string[] repeated =
        [
            .. RepositoryFiles.Enumerate("src/PidFdProcess", "*.cs")
                .Where(static file => Path.GetFileName(file) is not ("ErrnoTable.cs" or "Libc.cs" or "PidFsCalls.cs"))
                .SelectMany(file => Prose.LiteralsOf(File.ReadAllLines(file))
                    .Where(literal => names.Contains(literal.Text))
                    .Select(literal => $"{RepositoryFiles.Relative(file)}:{literal.Line}: {literal.Text}")),
        ];
        Assert.IsNotEmpty(names);
        Assert.IsEmpty(repeated, string.Join('\n', repeated));
    }

    [TestMethod]
    [DataRow(Mono.Unix.Native.Errno.EACCES)]
    [DataRow(Mono.Unix.Native.Errno.EPERM)]
    public void ASignalThatASecurityModuleRefuses_IsAnException_AndTheRouteStays(Mono.Unix.Native.Errno errno)
    {
        using ProcessHandleRegistry registry = TestRegistry.On(new HookedKernel().Platform);
        using Process process = EchoProcess.Start();
        ProcessAttachment attachment = registry.Attach(process);
        Assert.AreEqual(ProcessRoute.PidFd, attachment.Route);
        Win32Exception? refusal = null;
        FailingSystemCall.Run(s_numbers[ErrnoTable.PidFdSendSignal], (Errno)errno, times: 1, () =>
        {
            refusal = Assert.ThrowsExactly<Win32Exception>(() => registry.Kill(process));
        });
        Assert.AreEqual((int)errno, refusal!.NativeErrorCode);
        Assert.AreSame(attachment, registry.Attach(process));
        Assert.AreEqual(ProcessRoute.PidFd, attachment.Route);
        Assert.IsTrue(EchoProcess.Answers(process));
        registry.Kill(process);
        process.WaitForExit();
        Assert.AreEqual(137, process.ExitCode);
    }

    /// <summary>Each errno that the table has for the call or for any call, and one errno that is not in the table.</summary>
    private static IEnumerable<object[]> RowsOf(IEnumerable<string> calls) =>
        from call in calls
        from errno in ErrnosOf(call)
        where errno != Errno.EINTR
        select new object[] { call, (int)errno };

    private static IEnumerable<Errno> ErrnosOf(string call) => ErrnoTable.Rows
        .Where(row => row.Call == call || row.Call.Length == 0)
        .Select(static row => row.Error)
        .Distinct()
        .Append(Errno.EIO);

    private static void Act(ProcessHandleRegistry registry, Process process, string call, Errno errno)
    {
        ErrnoMeaning meaning = ErrnoTable.MeaningOf(call, errno);
        switch (call)
        {
            case ErrnoTable.PidFdOpen:
                ProcessAttachment attachment = registry.Attach(process);
                Assert.AreEqual(ProcessRoute.Stock, attachment.Route);
                Assert.Contains(meaning is ErrnoMeaning.Gone or ErrnoMeaning.NotAProcess ? "exited" : errno.ToString(), attachment.Reason);
                break;
            case ErrnoTable.WaitId:
                registry.Attach(process);
                break;
            case ErrnoTable.PidFdSendSignal when meaning == ErrnoMeaning.Gone:
                Assert.IsFalse(registry.Signal(process, PosixSignal.SIGTERM));
                break;
            case ErrnoTable.PidFdSendSignal:
                Assert.AreEqual((int)errno, Assert.ThrowsExactly<Win32Exception>(() => registry.Kill(process)).NativeErrorCode);
                break;
            case ErrnoTable.Poll:
                Assert.IsFalse(registry.HasExited(process));
                Assert.Contains(errno.ToString(), registry.Attach(process).Reason);
                break;
            default:
                Assert.IsFalse(registry.TryGetPidFd(process, out _));
                break;
        }
    }
}
