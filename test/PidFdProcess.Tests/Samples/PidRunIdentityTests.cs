using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Samples;

/// <summary>pidrun stop, id and tree, and identities instead of PIDs.</summary>
[TestClass]
public sealed class PidRunIdentityTests
{
    [TestMethod]
    public void Id_PrintsTheIdentity_ThatWaitAndStopTake()
    {
        using NonChildProcess other = NonChildProcess.StartReaped();
        other.WaitUntilSleeper();
        (int exitCode, string output, string error) = PidRunProcess.Run("id", Text(other.Id));
        Assert.AreEqual(0, exitCode, error);
        using Process opened = ProcessHandleRegistry.Default.Open(ProcessIdentity.Parse(output, null));
        Assert.AreEqual(other.Id, opened.Id);

        ReapedStatus.Require();
        using PidRunProcess wait = PidRunProcess.Start("wait", output.Trim());
        wait.WaitForPidFdOf(other.Id);
        (exitCode, string stopped, error) = PidRunProcess.Run("stop", output.Trim());
        Assert.AreEqual(0, exitCode, error);
        Assert.AreEqual($"{other.Id} sleep: killed by SIGTERM\n", stopped);
        Assert.AreEqual(stopped, wait.WaitForExit().Output);
    }

    [TestMethod]
    public void ShortId_IsThatOfUtilLinux()
    {
        using Process child = TestProcesses.StartSleeper();
        (int exitCode, string output, string error) = PidRunProcess.Run("id", "--short", Text(child.Id));
        Assert.AreEqual(0, exitCode, error);
        Assert.AreEqual($"{child.GetIdentityViaPidFd():P}\n", output);
        child.Kill();
        child.WaitForExit();
    }

    [TestMethod]
    [DataRow("stop")]
    [DataRow("wait")]
    [DataRow("id")]
    [DataRow("tree")]
    public void AnIdentityOfAnotherRun_MeansNoProcess(string command)
    {
        using Process child = TestProcesses.StartSleeper();
        ProcessIdentity identity = child.GetIdentityViaPidFd();
        string other = (identity with { PidFdId = identity.PidFdId + 1_000_000 }).ToString();

        (int exitCode, string output, string error) = PidRunProcess.Run(command, other);

        Assert.AreEqual(125, exitCode);
        Assert.AreEqual("", output);
        Assert.AreEqual($"pidrun: {other}: no such process\n", error);
        Assert.IsFalse(child.HasExited);
        child.Kill();
        child.WaitForExit();
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Stop_OfAProcessThatIgnoresSigterm_KillsIt_AndTheTreeIfAskedTo(bool tree)
    {
        using Process child = TestProcesses.StartShell("trap '' TERM; sleep 1000 & exec sleep 1000");
        TestProcesses.WaitUntil(() => ProcessTable.Ids().Any(id => IsSleeperBelow(id, child.Id)), "the child has a child");
        int grandchild = ProcessTable.Ids().First(id => IsSleeperBelow(id, child.Id));
        using Process below = ProcessHandleRegistry.Default.Open(grandchild);

        string[] arguments = ["stop", "--grace", "300ms", .. tree ? (string[])["--tree"] : [], Text(child.Id)];
        (int exitCode, string output, string error) = PidRunProcess.Run(arguments);

        Assert.AreEqual(0, exitCode, error);
        StringAssert.Contains(output, "killed by SIGKILL");
        Assert.AreEqual(tree, below.HasExitedPidFd());
        below.KillViaPidFd();
        child.WaitForExit();
    }

    [TestMethod]
    public void Tree_PrintsTheDescendantsBelowTheirParent()
    {
        using Process child = TestProcesses.StartShell("(sleep 1000 & wait) & wait");
        int grandchild = 0;
        TestProcesses.WaitUntil(
            () => (grandchild = ProcessTable.Ids().FirstOrDefault(id => ProcessTable.ParentOf(id) == child.Id)) != 0
                && ProcessTable.Ids().Any(id => IsSleeperBelow(id, grandchild)),
            "the tree is there");

        (int exitCode, string output, string error) = PidRunProcess.Run("tree", Text(child.Id));

        Assert.AreEqual(0, exitCode, error);
        string[] lines = output.TrimEnd().Split('\n');
        Assert.HasCount(3, lines);
        Assert.AreEqual($"{child.GetIdentityViaPidFd()} sh", lines[0]);
        StringAssert.StartsWith(lines[1], $"  {grandchild}:");
        StringAssert.StartsWith(lines[2], "    ");
        StringAssert.EndsWith(lines[2], " sleep");
        child.KillViaPidFd(entireProcessTree: true);
        child.WaitForExit();
    }

    [TestMethod]
    public async Task ThePackage_IsATool()
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("pidrun");
        try
        {
            string configuration = new DirectoryInfo(PidRunProcess.Path).Parent!.Parent!.Name;
            await ToolRun.SucceedAsync(
                ToolRun.DotNet,
                ["pack", "samples/PidRun", "--no-build", "-c", configuration, "-o", directory.FullName],
                RepositoryFiles.Root);
            string package = directory.GetFiles("PidFdProcess.PidRun.*.nupkg").Single().FullName;
            await ZipFile.ExtractToDirectoryAsync(package, directory.FullName);

            string tool = Path.Combine(directory.FullName, "tools/net10.0/any");
            StringAssert.Contains(await File.ReadAllTextAsync(Path.Combine(tool, "DotnetToolSettings.xml")), "Command Name=\"pidrun\"");
            ToolRun run = await ToolRun.SucceedAsync(ToolRun.DotNet, ["exec", Path.Combine(tool, "PidRun.dll"), "run", "echo", "works"]);
            Assert.AreEqual("works\n", run.Output);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static bool IsSleeperBelow(int id, int parent) => ProcessTable.ParentOf(id) == parent && ProcessTable.NameOf(id) == "sleep";

    private static string Text(int pid) => pid.ToString(CultureInfo.InvariantCulture);
}
