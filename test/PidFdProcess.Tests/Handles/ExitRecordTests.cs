using System.Diagnostics;
using PidFdProcess.Handles;
using PidFdProcess.Linux;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Handles;

/// <summary>The order of the sources of an exit status, and when the answer of each counts.</summary>
[TestClass]
public sealed class ExitRecordTests
{
    [TestMethod]
    public void Read_OfAChild_CallsWaitIdAlone()
    {
        using NativeChild child = NativeChild.StartShell("exit 5");
        using SafePidFdHandle pidFd = child.OpenPidFd();
        child.WaitUntilZombie();
        HookedKernel kernel = new();
        ExitRecord record = Read(kernel, pidFd, child.Id)!;
        Assert.AreEqual(ExitStatusSource.WaitId, record.Source);
        Assert.AreEqual(5, record.Status.ExitCode);
        Assert.IsNotNull(record.Usage);
        Assert.IsGreaterThan(0L, record.Usage.Value.PeakResidentBytes);
        Assert.AreEqual("waitid", string.Join(", ", kernel.Calls));
        Assert.AreEqual('Z', ProcessTable.StateOf(child.Id));
    }

    [TestMethod]
    public void Read_OfANonChildZombie_AsksThePidFdSecondAndStatLast()
    {
        using NonChildProcess nonChild = NonChildProcess.StartUnreaped();
        using SafePidFdHandle pidFd = Open(nonChild);
        nonChild.KillAndWaitUntilZombie();
        HookedKernel kernel = new();
        ExitRecord record = Read(kernel, pidFd, nonChild.Id)!;
        Assert.AreEqual(ExitStatusSource.ProcStat, record.Source);
        Assert.AreEqual(9, record.Status.TerminatingSignal);
        Assert.AreEqual("waitid, exit, stat, signal 0", string.Join(", ", kernel.Calls));
    }

    [TestMethod]
    public void Read_OfAReapedProcess_AsksThePidFd()
    {
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        using SafePidFdHandle pidFd = Open(nonChild);
        nonChild.KillAndWaitUntilReaped();
        HookedKernel kernel = new();
        ExitRecord? record = Read(kernel, pidFd, nonChild.Id);
        if (!ReapedStatus.IsKept)
        {
            Assert.IsNull(record);
            return;
        }

        Assert.AreEqual(ExitStatusSource.PidFdInfo, record!.Source);
        Assert.AreEqual(9, record.Status.TerminatingSignal);
        Assert.AreEqual("waitid, exit", string.Join(", ", kernel.Calls));
    }

    [TestMethod]
    public void Read_WhenTheReapComesBetweenTheCalls_AsksThePidFdAgain()
    {
        ReapedStatus.Require();

        using NonChildProcess nonChild = NonChildProcess.StartUnreaped();
        using SafePidFdHandle pidFd = Open(nonChild);
        nonChild.KillAndWaitUntilZombie();
        HookedKernel kernel = new()
        {
            OnReadStat = _ =>
            {
                nonChild.Dispose();
                TestProcesses.WaitUntil(() => ProcessTable.StateOf(nonChild.Id) is null, "it is reaped");
                return null;
            },
        };
        ExitRecord record = Read(kernel, pidFd, nonChild.Id)!;
        Assert.AreEqual(ExitStatusSource.PidFdInfo, record.Source);
        Assert.AreEqual(9, record.Status.TerminatingSignal);
        Assert.AreEqual("waitid, exit, stat, exit", string.Join(", ", kernel.Calls));
    }

    [TestMethod]
    [DataRow(Errno.EACCES)]
    [DataRow(Errno.ENOENT)]
    [DataRow(Errno.EINVAL)]
    internal void Read_WhenStatCannotBeRead_HasNoStatus(Errno error)
    {
        using NonChildProcess nonChild = NonChildProcess.StartUnreaped();
        using SafePidFdHandle pidFd = Open(nonChild);
        nonChild.KillAndWaitUntilZombie();
        HookedKernel kernel = new HookedKernel { OnReadStat = _ => error };
        Assert.IsNull(Read(kernel.WithoutInfo(), pidFd, nonChild.Id));
    }

    [TestMethod]
    public void Read_WhenTheKernelHidesTheExitCode_HasNoStatus()
    {
        OtherUser.Require();
        using NonChildProcess nonChild = NonChildProcess.StartUnreaped();
        using SafePidFdHandle pidFd = Open(nonChild);
        nonChild.KillAndWaitUntilZombie();
        HookedKernel kernel = new HookedKernel().WithoutInfo();
        Assert.AreEqual(9, Read(kernel, pidFd, nonChild.Id)!.Status.TerminatingSignal);
        OtherUser.Run(() =>
        {
            Assert.AreEqual((Errno)0, kernel.ReadProcStat(nonChild.Id, out ProcStat stat));
            Assert.IsTrue(stat.IsZombie);
            Assert.IsNull(stat.ExitCode);
            Assert.IsNull(Read(kernel, pidFd, nonChild.Id));
        });
    }

    [TestMethod]
    public void Read_WhenTheKernelShowsTheExitCodeZero_HasIt()
    {
        using Fifo fifo = new();
        using NonChildProcess nonChild = NonChildProcess.StartUnreaped($"{fifo.Wait}; exit 0");
        fifo.Open();
        TestProcesses.WaitUntil(() => ProcessTable.StateOf(nonChild.Id) == 'Z', "it is a zombie");
        using SafePidFdHandle pidFd = Open(nonChild);
        ExitRecord record = Read(new HookedKernel(), pidFd, nonChild.Id)!;
        Assert.AreEqual(new WaitStatus(0), record.Status);
        Assert.AreEqual(ExitStatusSource.ProcStat, record.Source);
    }

    [TestMethod]
    public void Read_WhenThePidWasRecycled_DoesNotBelieveStat()
    {
        // The zombie stands for a stranger under the PID. Its text is valid, but the process of the pidfd has been reaped when the text is read.
        using NonChildProcess nonChild = NonChildProcess.StartUnreaped();
        using SafePidFdHandle pidFd = Open(nonChild);
        nonChild.KillAndWaitUntilZombie();
        HookedKernel kernel = new HookedKernel().WithoutInfo();
        kernel.OnSignal = (_, signal) => signal == 0 ? Errno.ESRCH : null;
        Assert.IsNull(Read(kernel, pidFd, nonChild.Id));
        Assert.AreEqual("waitid, exit, stat, signal 0, exit", string.Join(", ", kernel.Calls));

        kernel.OnSignal = (_, signal) => signal == 0 ? Errno.EPERM : null;
        Assert.AreEqual(9, Read(kernel, pidFd, nonChild.Id)!.Status.TerminatingSignal, "EPERM proves that it is there as well as 0 does");
    }

    [TestMethod]
    public void Read_OfARunningNonChild_HasNoStatus()
    {
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        using SafePidFdHandle pidFd = Open(nonChild);
        Assert.IsNull(Read(new HookedKernel(), pidFd, nonChild.Id));
    }

    [TestMethod]
    public void Read_OfARunningChild_HasNoStatus()
    {
        using Process child = TestProcesses.StartSleeper();
        Assert.AreEqual((Errno)0, LinuxKernel.Instance.PidFdOpen(child.Id, out SafePidFdHandle pidFd));
        using (pidFd)
        {
            Assert.IsNull(Read(new HookedKernel(), pidFd, child.Id));
        }

        child.Kill();
        child.WaitForExit();
    }

    private static ExitRecord? Read(HookedKernel kernel, SafePidFdHandle pidFd, int processId)
    {
        kernel.Calls.Clear();
        return ExitRecord.Read(kernel, pidFd, processId, out _);
    }

    private static SafePidFdHandle Open(NonChildProcess nonChild)
    {
        Assert.AreEqual((Errno)0, LinuxKernel.Instance.PidFdOpen(nonChild.Id, out SafePidFdHandle pidFd));
        return pidFd;
    }
}
