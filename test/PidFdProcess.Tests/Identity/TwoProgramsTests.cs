using System.Diagnostics;
using System.Globalization;
using PidFdProcess.Handles;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Identity;

/// <summary>An identity goes from one program to another, which was started later and is not the parent.</summary>
[TestClass]
public sealed class TwoProgramsTests
{
    private const string RestartsVariable = "PIDFDPROCESS_TEST_RESTARTS";
    private const int UsualRestarts = 5;
    private const int Watched = 10;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(120);

    [TestMethod]
    [DataRow("0", "killed by SIGTERM")]
    [DataRow("1", "exit")]
    public async Task AProgramThatStartsLater_OpensAndStopsTheFirst(string isDisabled, string ending)
    {
        using Process first = Start(["print-identity"]);
        string identity = await ReadLineAsync(first);
        ToolRun second = await DummyProgram.SucceedAsync(["stop-by-identity", identity], (PidFdSupport.DisabledVariable, isDisabled));
        StringAssert.StartsWith(second.Output, $"process {first.Id}: ");
        StringAssert.Contains(second.Output, ending);
        await first.WaitForExitAsync().WaitAsync(s_limit);
        ToolRun third = await DummyProgram.SucceedAsync(["stop-by-identity", identity]);
        StringAssert.Contains(third.Output, "is not running");
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task AProgram_EndsWithItsLauncherAlsoIfThatWasKilled(bool byIdentity)
    {
        // The shell is the launcher. By identity, it is not the parent but the grandparent.
        string command = string.Join(' ', DummyProgram.Start) + " end-with-launcher";
        string program = byIdentity ? $"LAUNCHER_IDENTITY=$identity sh -c '{command}; :'" : command;
        ProcessStartInfo start = new("/bin/sh", ["-c", $"read identity; {program} & wait"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using Process launcher = Process.Start(start)!;
        launcher.StandardInput.WriteLine(launcher.GetIdentityViaPidFd());
        Assert.AreEqual(launcher.Id.ToString(CultureInfo.InvariantCulture), await ReadLineAsync(launcher));
        launcher.Kill();
        Assert.AreEqual("the launcher has ended", await ReadLineAsync(launcher));
        Assert.IsNull(await launcher.StandardOutput.ReadLineAsync().WaitAsync(s_limit));
    }

    [TestMethod]
    [Timeout(1_800_000)]
    public async Task ASupervisorThatIsRestarted_FindsItsLiveChildrenAndNoOthers()
    {
        string? asked = Environment.GetEnvironmentVariable(RestartsVariable);
        int restarts = asked is null ? UsualRestarts : int.Parse(asked, CultureInfo.InvariantCulture);
        string path = Path.GetTempFileName();
        List<Process> alive = [];
        int ended = 0;
        try
        {
            for (int restart = 0; restart < restarts; restart++)
            {
                // Each time some have ended, and where that can be done, strangers have their PIDs.
                while (alive.Count > Watched / 2)
                {
                    Process dead = alive[0];
                    alive.RemoveAt(0);
                    dead.Kill();
                    dead.WaitForExit();
                    ended++;
                    if (PidFdPlatform.Shared.PidFs.Ability.HasPidFdIds
                        && PidRecycler.TryStart(dead.Id, TestProcesses.StartSleeper, tries: 3) is { } stranger)
                    {
                        alive.Add(stranger);
                        File.AppendAllText(path, $"{stranger.GetIdentityViaPidFd()}\n");
                    }

                    if (ended % 3 == 0)
                    {
                        break;
                    }
                }

                while (alive.Count < Watched)
                {
                    alive.Add(TestProcesses.StartSleeper());
                    File.AppendAllText(path, $"{alive[^1].GetIdentityViaPidFd()}\n");
                }

                ToolRun watcher = await DummyProgram.SucceedAsync(["find-again", path]);
                CollectionAssert.AreEquivalent(
                    alive.ConvertAll(process => process.Id.ToString(CultureInfo.InvariantCulture)),
                    watcher.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries),
                    $"restart {restart}");
            }
        }
        finally
        {
            File.Delete(path);
            alive.ForEach(process =>
            {
                process.Kill();
                process.WaitForExit();
                process.Dispose();
            });
        }
    }

    private static Process Start(string[] command)
    {
        ProcessStartInfo start = new(DummyProgram.Start[0], [.. DummyProgram.Start[1..], .. command])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        return Process.Start(start)!;
    }

    private static async Task<string> ReadLineAsync(Process process) =>
        await process.StandardOutput.ReadLineAsync().WaitAsync(s_limit) ?? throw new AssertFailedException("The program printed no more.");
}
