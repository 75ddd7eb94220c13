using System.Diagnostics;
using PidFdProcess.Linux;
using PidFdProcess.Scopes;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Scope;

/// <summary>
/// When the leader of a session was certainly in it for the last time. After that, a stranger may get the number of the session. If the answer is
/// later, a stop kills the stranger.
/// </summary>
[TestClass]
public sealed class ScopeMemberTests
{
    [TestMethod]
    [DataRow(false, DisplayName = "without a pidfd")]
    [DataRow(true, DisplayName = "with a pidfd that tells no exit status")]
    public void ALeaderWithoutAnExitRecord_WasInItsSessionUntilTheRuntimeReapedIt(bool hasPidFd)
    {
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        Assert.IsTrue(registry.Support.IsSupported);
        kernel.OnOpen = _ => hasPidFd ? null : Errno.EMFILE;
        using Process process = TestProcesses.StartSleeper();
        ScopeMembers scope = ScopeOn(registry);
        ScopeMember member = LeaderOf(scope, process);
        Assert.AreEqual(hasPidFd, member.HasPidFd);
        kernel.OnWaitId = static _ => Errno.ECHILD;
        kernel.OnGetExit = static _ => Errno.ENOTTY;
        kernel.OnReadStat = static _ => Errno.ENOENT;
        TimeSpan before = BootClock.Now;
        process.Kill();
        process.WaitForExit();
        TimeSpan after = BootClock.Now;
        WaitUntilLongAfter(after);

        Assert.IsFalse(member.ProvesSession(kernel));
        TimeSpan last = member.LastInSession(kernel);
        Assert.IsTrue(last >= before && last <= after, $"{before} {last} {after}");
        member.Release();
        scope.Forget();
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void ALeaderOfWhichNoExitTimeIsKnown_WasInItsSessionAtItsLastProof(bool isProvenAgain)
    {
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        Assert.IsTrue(registry.Support.IsSupported);
        kernel.OnOpen = static _ => Errno.EMFILE;
        using Process process = TestProcesses.StartSleeper();
        using Process second = Process.GetProcessById(process.Id);
        ScopeMembers scope = ScopeOn(registry);
        ScopeMember member = LeaderOf(scope, process);
        TimeSpan added = BootClock.Now;
        WaitUntilLongAfter(added);
        TimeSpan before = BootClock.Now;
        Assert.IsTrue(!isProvenAgain || member.ProvesSession(kernel));
        TimeSpan after = BootClock.Now;

        // The object knows nothing of the process any more.
        process.Close();
        second.Kill();
        second.WaitForExit();
        member.NoteEnd();

        TimeSpan last = member.LastInSession(kernel);
        Assert.IsTrue(isProvenAgain ? last >= before && last <= after : last > TimeSpan.Zero && last <= added, $"{before} {last} {after}");
        member.Release();
        scope.Forget();
    }

    private static ScopeMember LeaderOf(ScopeMembers scope, Process process)
    {
        Assert.IsTrue(scope.TryAdd(process, leadsSession: true));
        return scope.Hold().Single();
    }

    private static ScopeMembers ScopeOn(ProcessHandleRegistry registry) =>
        new(registry.Runs, ScopePlan.Of(new ProcessScopeOptions { NewSession = true, Registry = registry }));

    private static void WaitUntilLongAfter(TimeSpan time) =>
        TestProcesses.WaitUntil(() => BootClock.Now > time + TimeSpan.FromMilliseconds(300), "the time is over");
}
