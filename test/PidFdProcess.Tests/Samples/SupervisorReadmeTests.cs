using System.Text.RegularExpressions;
using Mono.Unix.Native;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Samples;

/// <summary>The program takes the settings in the README of the Supervisor, and systemd takes the unit.</summary>
[TestClass]
public sealed class SupervisorReadmeTests
{
    [TestMethod]
    public async Task TheUnit_IsTakenBySystemd()
    {
        string unit = Block("ini");
        StringAssert.Contains(unit, "\nKillMode=process\n");
        StringAssert.Contains(unit, "\nType=notify\n");
        if (!ToolRun.Exists("systemd-analyze"))
        {
            Assert.Inconclusive("There is no systemd-analyze(1), of systemd.");
        }

        using SupervisorFolder folder = new();

        // The program of the README is not installed here.
        string file = folder.File("supervisor.service");
        await File.WriteAllTextAsync(file, unit.Replace("/usr/local/lib/supervisor/Supervisor", "/bin/true", StringComparison.Ordinal));

        ToolRun run = await ToolRun.RunAsync("systemd-analyze", ["verify", file]);

        // It also tells about units of the machine, which are none of ours.
        Assert.DoesNotContain("supervisor.service", run.Output + run.Errors);
    }

    [TestMethod]
    public void TheSettings_AreTakenByTheProgram()
    {
        using SupervisorFolder folder = new();
        string settings = Block("json")
            .Replace("/run/supervisor/state.json", folder.StateFile, StringComparison.Ordinal)
            .Replace("\"/srv\"", $"\"{folder.Path}\"", StringComparison.Ordinal)
            .Replace("python3", "echo", StringComparison.Ordinal);
        File.WriteAllText(folder.SettingsFile, settings);
        using SupervisorProcess supervisor = folder.Start();

        supervisor.WaitFor("web: next start in 00:00:01");
        supervisor.WaitFor("migration: next start in 00:00:05");

        Assert.AreEqual("-m http.server 8080\n", File.ReadAllText(folder.File("web.log")));
        supervisor.Signal(Signum.SIGTERM);
        Assert.AreEqual(0, supervisor.WaitForExit().ExitCode);
    }

    private static string Block(string language)
    {
        string readme = File.ReadAllText(Path.Combine(RepositoryFiles.Root, "samples/Supervisor/README.md"));
        return Regex.Match(readme, $"```{language}\n(.*?)```", RegexOptions.Singleline).Groups[1].Value;
    }
}
