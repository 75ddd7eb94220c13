using System.Diagnostics;
using System.Globalization;
using PidFdProcess.Attachments;
using PidFdProcess.Calls;
using PidFdProcess.Handles;
using PidFdProcess.Linux;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Identity;

[TestClass]
public sealed class ParentTests
{
    [TestMethod]
    [DataRow(false, false)]
    [DataRow(false, true)]
    [DataRow(true, false)]
    public void TheParent_IsOpened(bool stock, bool isOldKernel)
    {
        using ProcessHandleRegistry registry = CreateRegistry(stock, isOldKernel);
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        using Process process = registry.Open(nonChild.Id);
        using Process parent = registry.OpenParent(process);
        Assert.AreEqual(nonChild.ParentId, parent.Id);
        Assert.AreEqual(stock ? ProcessRoute.Stock : ProcessRoute.PidFd, registry.Attach(parent).Route);
        using Process self = registry.OpenParent(parent);
        Assert.AreEqual(Environment.ProcessId, self.Id);
    }

    /// <summary>Without a pidfd, later calls would otherwise reach another process with the PID of the parent.</summary>
    [TestMethod]
    public void AParentOnTheStockRoute_IsKnownByItsStart()
    {
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistry(stock: true);
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        using Process process = registry.Open(nonChild.Id);
        using Process parent = registry.OpenParent(process);
        Assert.AreEqual(
            long.Parse(ProcessTable.FieldsOf(parent.Id)![19], CultureInfo.InvariantCulture), registry.Attach(parent).WithoutPidFd!.StartTicks);
    }

    [TestMethod]
    [DataRow(false, false)]
    [DataRow(false, true)]
    [DataRow(true, false)]
    public void TheParentOfAZombie_IsOpened(bool stock, bool isOldKernel)
    {
        using ProcessHandleRegistry registry = CreateRegistry(stock, isOldKernel);
        using NonChildProcess nonChild = NonChildProcess.StartUnreaped();
        nonChild.KillAndWaitUntilZombie();
        using Process process = registry.Open(nonChild.Id);
        using Process parent = registry.OpenParent(process);
        Assert.AreEqual(nonChild.ParentId, parent.Id);
    }

    [TestMethod]
    [DataRow(false, false)]
    [DataRow(false, true)]
    [DataRow(true, false)]
    public void AProcessThatWasReaped_HasNoParent(bool stock, bool isOldKernel)
    {
        using ProcessHandleRegistry registry = CreateRegistry(stock, isOldKernel);
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        using Process process = registry.Open(nonChild.Id);
        nonChild.KillAndWaitUntilReaped();
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => registry.OpenParent(process)).Message, "reaped");
        using Process child = TestProcesses.StartSleeper();
        registry.Attach(child);
        child.Kill();
        child.WaitForExit();
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => registry.OpenParent(child)).Message, "reaped");
    }

    [TestMethod]
    public void Pid1_HasNoParent()
    {
        using ProcessHandleRegistry registry = new();
        using Process init = registry.Open(1);
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => registry.OpenParent(init)).Message, "no parent");
    }

    [TestMethod]
    public void TheParentOfThisProgram_IsOpened()
    {
        int expected = ProcessTable.ParentOf(Environment.ProcessId)!.Value;
        using Process parent = ProcessHandleRegistry.OpenParent();
        Assert.AreEqual(expected, parent.Id);
        Assert.IsFalse(parent.HasExitedPidFd());
        using Process self = Process.GetCurrentProcess();
        using Process same = self.OpenParentViaPidFd();
        Assert.AreEqual(expected, same.Id);
    }

    [TestMethod]
    public void AParentThatEndsDuringTheCall_IsNotTaken()
    {
        // The first parent is gone, and a stranger has its PID. Then the parent changes. Then two looks agree.
        using Process stranger = TestProcesses.StartSleeper();
        using Process second = TestProcesses.StartSleeper();
        using NonChildProcess gone = NonChildProcess.StartReaped();
        gone.KillAndWaitUntilReaped();
        Queue<int> answers = new([gone.Id, stranger.Id, second.Id, second.Id, second.Id]);
        HookedPidFs pidFs = new() { OnGetParentId = () => answers.Dequeue() };
        int before = TestProcesses.OpenPidFds();
        AttachmentTable table = TableOn(pidFs);
        using Process parent = ParentCalls.OpenOwnParent(table);
        Assert.AreEqual(second.Id, parent.Id);
        Assert.IsEmpty(answers);
        table.Remove(parent);
        Assert.IsLessThanOrEqualTo(before, TestProcesses.OpenPidFds());
        foreach (Process child in new[] { stranger, second })
        {
            child.Kill();
            child.WaitForExit();
        }
    }

    [TestMethod]
    public void AParentThatIsNotVisible_IsReported()
    {
        AttachmentTable table = TableOn(new HookedPidFs { OnGetParentId = () => 0 });
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => ParentCalls.OpenOwnParent(table)).Message, "PID namespace");
    }

    private static AttachmentTable TableOn(HookedPidFs pidFs)
    {
        HookedKernel kernel = new();
        return new AttachmentTable(new PidFdPlatform(kernel) { PidFs = new PidFs(new PidFsProbe(kernel, pidFs)) }, null);
    }

    private static ProcessHandleRegistry CreateRegistry(bool stock, bool isOldKernel) =>
        stock ? StockSwitch.CreateRegistry() : TestRegistry.On((isOldKernel ? new HookedKernel().WithoutInfo() : new HookedKernel()).Platform);
}
