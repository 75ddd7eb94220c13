using System.Diagnostics;
using PidFdProcess.Runtime;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Runtime;

/// <summary>A program that was compiled ahead of time calls methods where others read fields by reflection. Both tell the same.</summary>
[TestClass]
public sealed class WaitStateMethodsTests
{
    [TestMethod]
    public void ARunningProcess_HasNoExit()
    {
        using Process process = TestProcesses.StartSleeper();
        Assert.IsNull(Read(process));
    }

    [TestMethod]
    public void AnExitedChild_HasItsCodeAndTime()
    {
        using Process process = Process.Start("/bin/sh", "-c \"exit 3\"");
        process.WaitForExit();
        (int Code, DateTime Time)? known = Read(process);
        Assert.AreEqual(3, known?.Code);
        Assert.AreEqual(process.ExitTime, known?.Time);
    }

    [TestMethod]
    public void AnExitedNonChild_HasNoCode()
    {
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        using Process process = Process.GetProcessById(nonChild.Id);
        nonChild.Signal();
        process.WaitForExit();
        Assert.IsNull(Read(process));
    }

    [TestMethod]
    public void AClosedObject_HasNoExit()
    {
        Process process = Process.Start("/bin/true");
        process.WaitForExit();
        process.Dispose();
        Assert.IsNull(Read(process));
    }

    [TestMethod]
    public void AChild_IsKnown_UntilItsObjectIsClosed()
    {
        Process process = Process.Start("/bin/true");
        int id = process.Id;
        Assert.IsTrue(IsChild(id));
        process.WaitForExit();
        Assert.IsTrue(IsChild(id));
        process.Dispose();
        Assert.IsFalse(IsChild(id));
        Assert.IsFalse(IsChild(Environment.ProcessId));
    }

    /// <summary>The question refers to the state for a moment. If it let go once too often, the object would lose its state.</summary>
    [TestMethod]
    public void AChild_ThatWasAskedFor_KeepsItsState()
    {
        using Process process = TestProcesses.StartSleeper();
        for (int i = 0; i < 10; i++)
        {
            Assert.IsTrue(IsChild(process.Id));
        }

        Native.KillByPid(process.Id);
        Assert.IsTrue(process.WaitForExit(60_000));
        Assert.AreEqual(137, process.ExitCode);
        Assert.IsTrue(IsChild(process.Id));
    }

    private static (int Code, DateTime Time)? Read(Process process)
    {
        if (!WaitStateMethods.TryRead(process, out (int Code, DateTime Time)? byMethods))
        {
            Assert.IsGreaterThanOrEqualTo(11, Environment.Version.Major);
            Assert.Inconclusive("The methods of .NET 11 return a type that .NET 10 has not.");
        }

        Assert.IsTrue(WaitStateFields.TryRead(process, out (int Code, DateTime Time)? byFields));
        Assert.AreEqual(byFields, byMethods);
        return byMethods;
    }

    private static bool IsChild(int processId)
    {
        bool byMethods = WaitStateMethods.IsChild(processId);
        Assert.AreEqual(RuntimeChildren.IsInTable(processId), byMethods);
        return byMethods;
    }
}
