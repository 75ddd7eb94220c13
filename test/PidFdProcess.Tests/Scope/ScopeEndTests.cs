using System.Diagnostics;
using System.Runtime.InteropServices;
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
    public void KillOnParentExit_KillsTheProcess_WhenTheProgramIsKilled()
    {
        using MarkedTree tree = RunDummy("kill");
        tree.WaitForCount(2);
        tree.Root.Kill();
        tree.AssertNoSurvivor();
    }

    [TestMethod]
    public void AForwardedSignal_StopsTheScope_BeforeTheProgramEnds()
    {
        using MarkedTree tree = RunDummy("forward");
        Assert.IsTrue(tree.Root.SignalViaPidFd(PosixSignal.SIGTERM));
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

    [TestMethod]
    public void KillOnParentExit_KeepsArgumentsEnvironmentAndDirectory()
    {
        using ProcessScope scope = new(new ProcessScopeOptions { KillOnParentExit = true, NewSession = true });
        ProcessStartInfo info = new("/usr/bin/env") { RedirectStandardOutput = true };
        info.Environment.Clear();
        info.Environment["A_PLAIN"] = "1 2";
        using (Process process = scope.Start(info))
        {
            Assert.AreEqual("A_PLAIN=1 2", process.StandardOutput.ReadToEnd().Trim());
        }

        string[] arguments = ["", "a b", "\"", "\\", "$x", "-n", "--", "'"];
        ProcessStartInfo listed = new("/bin/sh", ["-c", "pwd; for a; do echo \"[$a]\"; done", "sh", .. arguments])
        {
            RedirectStandardOutput = true,
            WorkingDirectory = "/usr",
        };
        using (Process process = scope.Start(listed))
        {
            string expected = string.Join('\n', ["/usr", .. arguments.Select(static argument => $"[{argument}]")]);
            Assert.AreEqual(expected, process.StandardOutput.ReadToEnd().TrimEnd('\n'));
        }

        ProcessStartInfo text = new("sh", "-c \"echo 'a  b' \\\"c\\\"\"") { RedirectStandardOutput = true };
        using (Process process = scope.Start(text))
        {
            Assert.AreEqual("a  b c", process.StandardOutput.ReadToEnd().Trim());
        }
    }

    [TestMethod]
    public void KillOnParentExit_KeepsVariablesThatShDrops()
    {
        if (!File.Exists("/usr/bin/bash") && !File.Exists("/bin/bash"))
        {
            Assert.Inconclusive("bash is not installed");
        }

        using ProcessScope scope = new(new ProcessScopeOptions { KillOnParentExit = true });
        ProcessStartInfo info = new("/usr/bin/env") { RedirectStandardOutput = true };
        info.Environment["Logging:Level.x"] = "1";
        using Process process = scope.Start(info);
        StringAssert.Contains(process.StandardOutput.ReadToEnd(), "Logging:Level.x=1\n");
    }

    [TestMethod]
    public void AMissingTool_IsNamed_WithItsPackage()
    {
        string? path = Environment.GetEnvironmentVariable("PATH");
        try
        {
            Environment.SetEnvironmentVariable("PATH", "/nowhere");
            using ProcessScope scope = new(new ProcessScopeOptions { KillOnParentExit = true });
            PlatformNotSupportedException e = Assert.ThrowsExactly<PlatformNotSupportedException>(
                () => scope.Start(new ProcessStartInfo("/bin/sh", ["-c", "exit 0"])));
            StringAssert.Contains(e.Message, "setpriv");
            StringAssert.Contains(e.Message, "util-linux");
        }
        finally
        {
            Environment.SetEnvironmentVariable("PATH", path);
        }
    }

    private static MarkedTree RunDummy(string how)
    {
        MarkedTree tree = new(
            new ProcessStartInfo(DummyProgram.Start[0], [.. DummyProgram.Start[1..], "scope-end", how]) { RedirectStandardOutput = true });
        Assert.AreEqual("ready", tree.Root.StandardOutput.ReadLine());
        return tree;
    }
}
