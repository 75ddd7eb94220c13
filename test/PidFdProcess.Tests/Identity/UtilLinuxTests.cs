using System.Diagnostics;
using System.Globalization;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Identity;

/// <summary>
/// The form <c>PID:inode</c> is that of util-linux 2.42. Distributions put its tools into different packages, and some leave out kill.
/// </summary>
[TestClass]
public sealed class UtilLinuxTests
{
    // The folder to search for the tools before PATH. test/environments/util-linux sets it.
    private const string DirectoryVariable = "PIDFDPROCESS_TEST_UTIL_LINUX";

    [TestMethod]
    public async Task GetIno_OfAProcess_PrintsThePidAndInodeOfItsIdentity()
    {
        string tool = await ToolAsync("getino");
        using Process child = TestProcesses.StartSleeper();
        ToolRun run = await ToolRun.SucceedAsync(tool, ["-p", child.Id.ToString(CultureInfo.InvariantCulture)]);
        Assert.AreEqual(run.Output.Trim(), $"{child.GetIdentityViaPidFd():P}");
        using Process process = ProcessHandleRegistry.Default.Open(ProcessIdentity.Parse(run.Output, null));
        process.KillViaPidFd();
        child.WaitForExit();
    }

    [TestMethod]
    public async Task WaitPid_WithThePidAndInodeOfAnIdentity_WaitsForThatProcess()
    {
        string tool = await ToolAsync("waitpid");
        using Process child = TestProcesses.StartSleeper();
        ProcessIdentity identity = child.GetIdentityViaPidFd();
        Assert.AreNotEqual(0, (await ToolRun.RunAsync(tool, [$"{Other(identity):P}"])).ExitCode);
        Task<ToolRun> wait = ToolRun.SucceedAsync(tool, ["--verbose", $"{identity:P}"]);
        // The tool overwrites the rest of its argument.
        string argument = $"{child.Id}:";
        TestProcesses.WaitUntil(
            () => wait.IsCompleted || ProcessTable.Ids().Any(id => HasPidFd(id, argument)), "waitpid has opened the process");
        child.Kill();
        child.WaitForExit();
        await wait;
    }

    [TestMethod]
    public async Task Kill_WithThePidAndInodeOfAnIdentity_KillsThatProcess()
    {
        string tool = await ToolAsync("kill");
        using Process child = TestProcesses.StartSleeper();
        ProcessIdentity identity = child.GetIdentityViaPidFd();
        Assert.AreNotEqual(0, (await ToolRun.RunAsync(tool, ["-KILL", $"{Other(identity):P}"])).ExitCode);
        Assert.IsFalse(child.HasExited);
        await ToolRun.SucceedAsync(tool, ["-KILL", $"{identity:P}"]);
        child.WaitForExit();
        Assert.AreEqual(137, child.ExitCode);
    }

    /// <summary>Gets whether a process was started with the argument and has opened a pidfd.</summary>
    private static bool HasPidFd(int processId, string argument)
    {
        try
        {
            return File.ReadAllText($"/proc/{processId}/cmdline").Contains(argument, StringComparison.Ordinal)
                && Directory.EnumerateFiles($"/proc/{processId}/fd")
                    .Any(static descriptor => new FileInfo(descriptor).LinkTarget?.Contains("pidfd", StringComparison.Ordinal) == true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static ProcessIdentity Other(ProcessIdentity identity) => identity with { PidFdId = identity.PidFdId + 1_000_000 };

    private static async Task<string> ToolAsync(string name)
    {
        string directory = Environment.GetEnvironmentVariable(DirectoryVariable) ?? "";
        string? path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Prepend(directory)
            .Select(each => Path.Combine(each, name))
            .FirstOrDefault(File.Exists);
        if (path is null || !(await ToolRun.RunAsync(path, ["--help"])).Output.Contains("PID[:inode]", StringComparison.OrdinalIgnoreCase))
        {
            Assert.Inconclusive($"There is no {name} of util-linux 2.42 or later.");
        }

        if (ProcessHandleRegistry.Default.Support.IdentityMethod < ProcessIdentityMethod.PidFdId)
        {
            Assert.Inconclusive("This kernel has no pidfs ids.");
        }

        return path;
    }
}
