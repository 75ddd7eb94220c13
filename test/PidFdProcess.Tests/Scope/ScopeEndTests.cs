using System.Diagnostics;
using System.Runtime.InteropServices;
using Mono.Unix.Native;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;
using PidFdProcess.Tests.Tree;

namespace PidFdProcess.Tests.Scope;

/// <summary>The end of the processes of a scope when the program ends.</summary>
[TestClass]
public sealed class ScopeEndTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [TestMethod]
    [DataRow("return")]
    [DataRow("exit")]
    [DataRow("throw")]
    [DataRow("throw-on-thread")]
    public void AScopeThatIsNotDisposed_KillsItsTrees_WhenTheProgramEnds(string how)
    {
        using MarkedTree tree = RunDummy(how);
        tree.AssertNoSurvivor();
    }

    [TestMethod]
    public void Start_WithADisposedRegistry_LeavesNoProcess()
    {
        ProcessHandleRegistry registry = new();
        using ProcessScope scope = new(new ProcessScopeOptions { Registry = registry });
        registry.Dispose();
        Process? started = null;
        using MarkedTree tree = new(Shell.Info("echo ready; exec sleep 1000", redirectOutput: true), info =>
        {
            Assert.ThrowsExactly<ObjectDisposedException>(() => started = scope.Start(info));
            return Process.Start("/bin/true");
        });
        Assert.IsNull(started);
        tree.AssertNoSurvivor();
    }

    [TestMethod]
    public void Dispose_InProcessExit_Ends()
    {
        using MarkedTree tree = RunDummy("dispose-in-exit");
        tree.AssertNoSurvivor();
    }

    [TestMethod]
    public void SigtermWithoutAHandler_EndsTheProgram_AndKillsTheTreesOfItsScopes()
    {
        using MarkedTree tree = RunDummy("sigterm");
        Assert.IsTrue(tree.Root.SignalViaPidFd(PosixSignal.SIGTERM));
        Assert.AreEqual(128 + (int)Signum.SIGTERM, tree.Root.WaitForExitStatusPidFd().ExitCode);
        tree.AssertNoSurvivor();
    }

    [TestMethod]
    [DataRow("handled-before")]
    [DataRow("handled-after")]
    public void SigtermThatAHandlerCancels_SparesTheScopes(string how)
    {
        using MarkedTree tree = RunDummy(how);
        tree.WaitForCount(3);
        int[] before = [.. tree.Alive()];
        for (int i = 0; i < 5; i++)
        {
            Assert.IsTrue(tree.Root.SignalViaPidFd(PosixSignal.SIGTERM));
            Assert.AreEqual("cancelled", tree.Root.StandardOutput.ReadLine());
        }

        // By now, the runtime has called all handlers of the first signals.
        CollectionAssert.AreEquivalent(before, tree.Alive());
        tree.Root.StandardInput.Close();
        Assert.AreEqual("exited 0", tree.Root.WaitForExitStatusPidFd().ToString());
        tree.AssertNoSurvivor();
    }

    [TestMethod]
    public async Task KillOnParentExit_SparesTheProcess_WhenTheThreadThatAskedForItEnds()
    {
        await using ProcessScope scope = new(new ProcessScopeOptions { KillOnParentExit = true });
        Process? process = null;
        Thread thread = new(() => process = scope.Start(Shell.Info("echo ready; read line; exit 5", redirectInput: true, redirectOutput: true)));
        thread.Start();
        thread.Join();
        Assert.AreEqual("ready", process!.StandardOutput.ReadLine());
        process.StandardInput.Close();
        Assert.AreEqual("exited 5", (await process.WaitForExitStatusPidFdAsync().WaitAsync(s_limit)).ToString());
        process.Dispose();
    }

    [TestMethod]
    public void KillOnParentExit_EndsTheProcess_IfItHasAnotherParentByThen()
    {
        using ProcessScope scope = new(new ProcessScopeOptions { KillOnParentExit = true });
        using Process started = scope.Start(new ProcessStartInfo("/bin/sh", ["-c", "exec sleep 1000"]));

        // The same command line under another parent, as if this program had died at once.
        using Process shell = Process.Start(
            new ProcessStartInfo("/bin/sh", ["-c", "\"$@\"; echo $?", "sh", started.StartInfo.FileName, .. started.StartInfo.ArgumentList])
            {
                RedirectStandardOutput = true,
            })!;
        Assert.AreEqual("137", shell.StandardOutput.ReadLine());
        shell.WaitForExit();
    }

    private static MarkedTree RunDummy(string how)
    {
        ProcessStartInfo start = new(DummyProgram.Start[0], [.. DummyProgram.Start[1..], "scope-end", how])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // An unhandled exception would write a dump.
        start.Environment["DOTNET_DbgEnableMiniDump"] = "0";
        MarkedTree tree = new(start);
        Assert.AreEqual("ready", tree.Root.StandardOutput.ReadLine());
        return tree;
    }
}
