using System.Diagnostics;
using System.Globalization;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.ExitStatus;

/// <summary>
/// Measures how often the library reads the status before the process is reaped. Load decides how often, so a test demands only that it happens. To
/// read the figures, run <c>dotnet test --filter ShareTests --logger "console;verbosity=detailed"</c>.
/// </summary>
[TestClass]
[TestCategory("Measure")]
[TestCategory("Slow")]
public sealed class ShareTests
{
    private const int Exits = 1000;

    // Long enough for the wait to begin before the exit.
    private const string AWhile = "sleep 0.01; ";

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    [DataRow("")]
    [DataRow(AWhile)]
    public void ABlockingWait_ForManyChildren_ReadsSomeResourceUsage(string first)
    {
        List<PidFdExitStatus> all = [];
        for (int i = 0; i < Exits; i++)
        {
            using Process child = TestProcesses.StartShell($"{first}exit {i % 256}");
            all.Add(child.WaitForExitStatusPidFd());
            Assert.AreEqual(i % 256, all[i].ExitCode);
        }

        AssertUsage($"blocking, '{first}exit'", all);
    }

    [TestMethod]
    [DataRow("")]
    [DataRow(AWhile)]
    public async Task AnAsynchronousWait_ForManyChildren_ReadsSomeResourceUsage(string first)
    {
        List<PidFdExitStatus> all = [];
        for (int i = 0; i < Exits; i++)
        {
            using Process child = TestProcesses.StartShell($"{first}exit {i % 256}");
            all.Add(await child.WaitForExitStatusPidFdAsync());
            Assert.AreEqual(i % 256, all[i].ExitCode);
        }

        AssertUsage($"async, '{first}exit'", all);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task AStop_OfManyChildren_ReadsSomeResourceUsage(bool entireProcessTree)
    {
        List<PidFdExitStatus> all = [];
        for (int i = 0; i < Exits / 5; i++)
        {
            using Process child = TestProcesses.StartSleeper();
            all.Add(await child.StopViaPidFdAsync(s_limit, entireProcessTree: entireProcessTree));
        }

        AssertUsage($"stopped{(entireProcessTree ? " with the tree" : "")}, async", all);
    }

    [TestMethod]
    public void WaitForExitOrKill_OfManyChildren_ReadsSomeResourceUsage()
    {
        List<PidFdExitStatus> all = [];
        for (int i = 0; i < Exits / 5; i++)
        {
            using Process child = TestProcesses.StartSleeper();
            all.Add(child.WaitForExitOrKillPidFd(TimeSpan.FromMilliseconds(1)));
        }

        AssertUsage("killed at the end of a limit, blocking", all);
    }

    [TestMethod]
    public async Task AWait_ForManyKilledChildren_ReadsSomeResourceUsage()
    {
        List<PidFdExitStatus> all = [];
        for (int i = 0; i < Exits; i++)
        {
            using Process child = TestProcesses.StartSleeper();
            Task<PidFdExitStatus> wait = child.WaitForExitStatusPidFdAsync();
            child.KillViaPidFd();
            all.Add(await wait);
        }

        AssertUsage("killed, async", all);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task AWait_ForManyNonChildren_ReadsEachStatusThatTheKernelKeeps(bool olderKernel)
    {
        using ProcessHandleRegistry registry = olderKernel ? TestRegistry.On(new HookedKernel().WithoutInfo().Platform) : new();

        // The fastest possible parent, which waits in waitpid and reaps at once.
        using Process parent = Process.Start(new ProcessStartInfo(
            "/bin/sh", ["-c", "while read code; do (read x; exit $code) <&3 & echo $!; wait; done 3<&0"])
        { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        Dictionary<ExitStatusSource, int> sources = [];
        for (int i = 0; i < Exits; i++)
        {
            parent.StandardInput.WriteLine(i % 256);
            using Process process = registry.Open(int.Parse((await parent.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture));
            Task<PidFdExitStatus> wait = registry.WaitForExitStatusAsync(process);
            parent.StandardInput.WriteLine();
            PidFdExitStatus status = await wait;
            sources[status.Source] = sources.GetValueOrDefault(status.Source) + 1;
            Assert.AreEqual(status.Source == ExitStatusSource.Unknown ? null : i % 256, status.ExitCode);
        }

        parent.StandardInput.Close();
        parent.WaitForExit();
        TestContext.WriteLine($"non-child{(olderKernel ? ", without PIDFD_GET_INFO" : "")}: {Describe(sources)}");
        if (!olderKernel && ReapedStatus.IsKept)
        {
            Assert.AreEqual(0, sources.GetValueOrDefault(ExitStatusSource.Unknown));
        }
    }

    private void AssertUsage(string form, List<PidFdExitStatus> all)
    {
        int known = all.Count(status => status.ResourceUsage is not null);
        Dictionary<ExitStatusSource, int> sources = all.GroupBy(status => status.Source).ToDictionary(group => group.Key, group => group.Count());
        TestContext.WriteLine($"{form}: {known} of {all.Count} children with resource usage; {Describe(sources)}");
        Assert.IsGreaterThan(0, known);
    }

    private static string Describe(Dictionary<ExitStatusSource, int> sources) =>
        string.Join(", ", sources.OrderByDescending(pair => pair.Value).Select(pair => $"{pair.Key} {pair.Value}"));
}
