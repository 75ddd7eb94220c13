using System.Diagnostics;
using PidFdProcess.Handles;
using PidFdProcess.Linux;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Identity;

/// <summary>Identities that cross the border of a PID namespace, in both directions.</summary>
[TestClass]
public sealed class PidNamespaceTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(120);

    private static string[] Inside => ["--pid", "--fork", "--mount-proc", "--kill-child", .. DummyProgram.Start];

    [TestInitialize]
    public async Task RequireNamespaces()
    {
        if (!Environment.IsPrivilegedProcess
            || !ToolRun.Exists("unshare")
            || (await ToolRun.RunAsync("unshare", ["--pid", "--fork", "true"])).ExitCode != 0)
        {
            Assert.Inconclusive("unshare --pid does not work here.");
        }
    }

    [TestMethod]
    public async Task FromInsideToOutside_TheHandleOpensTheProcess()
    {
        using Process unshare = Process.Start(new ProcessStartInfo("unshare", [.. Inside, "print-identity"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        string text = (await unshare.StandardOutput.ReadLineAsync().WaitAsync(s_limit))!;
        StringAssert.StartsWith(text, "1:", "The program is pid 1 of its namespace.");
        ProcessIdentity identity = ProcessIdentity.Parse(text, null);
        if (PidFdPlatform.Shared.PidFs.Ability.Method == PidFsMethod.FileHandle)
        {
            using Process process = ProcessHandleRegistry.Default.Open(identity);
            Assert.AreEqual(unshare.Id, TestProcesses.ParentOf(process.Id));
            Assert.AreEqual(identity, process.GetIdentityViaPidFd());
            process.KillViaPidFd();
        }
        else
        {
            // Out here pid 1 is another process.
            ArgumentException e = Assert.ThrowsExactly<ArgumentException>(() => ProcessHandleRegistry.Default.Open(identity));
            StringAssert.Contains(e.Message, "PID namespace");
            unshare.StandardInput.Close();
        }

        await unshare.WaitForExitAsync().WaitAsync(s_limit);
    }

    [TestMethod]
    public async Task FromOutsideToInside_TheProcessIsNotVisibleAndTheErrorSaysSo()
    {
        using Process self = Process.GetCurrentProcess();
        ToolRun run = await ToolRun.SucceedAsync("unshare", [.. Inside, "stop-by-identity", self.GetIdentityViaPidFd().ToString()]);
        StringAssert.Contains(run.Output, "is not running");
        StringAssert.Contains(run.Output, PidFdPlatform.Shared.PidFs.Ability.HasPidFdIds ? "PID namespace" : "no process");
    }
}
