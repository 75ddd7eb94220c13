using System.Diagnostics;
using Mono.Unix.Native;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Samples;

/// <summary>How the supervisor stops and restarts its programs.</summary>
[TestClass]
public sealed class SupervisorStopTests : IDisposable
{
    private const string Stubborn = "trap '' TERM; echo ready; sleep 1000 & while :; do sleep 0.1; done";

    private readonly SupervisorFolder _folder = new();

    [TestMethod]
    [DataRow(Signum.SIGTERM)]
    [DataRow(Signum.SIGINT)]
    public void ASignal_StopsAllProgramsGracefully(Signum signal)
    {
        _folder.AddShell("polite", "exec 2>/dev/null; trap 'echo stopped; exit 5' TERM; echo ready; while :; do sleep 0.02; done");
        _folder.AddShell("parent", "sleep 1000 & sleep 1000 & wait");
        _folder.Add("plain", ["sleep", "1000"]);
        using SupervisorProcess supervisor = _folder.Start();
        supervisor.WaitForStart("parent");
        supervisor.WaitForStart("plain");
        TestProcesses.WaitUntil(() => Output("polite") == "ready\n", "polite is ready");

        supervisor.Signal(signal);

        (int exitCode, string error) = supervisor.WaitForExit();
        Assert.AreEqual(0, exitCode, error);
        Assert.AreEqual("", error);
        Assert.IsEmpty(_folder.Living());
        Assert.AreEqual("ready\nstopped\n", Output("polite"));
        Assert.AreEqual(1, supervisor.Count("polite: exited 5"), supervisor.ToString());
        Assert.AreEqual(1, supervisor.Count("plain: killed by SIGTERM"), supervisor.ToString());
    }

    [TestMethod]
    public void AProgramThatIgnoresSigterm_IsKilledWithItsChildren_AfterTheGracePeriod()
    {
        _folder.AddShell("stubborn", Stubborn, new { GracePeriod = "00:00:01" });
        using SupervisorProcess supervisor = _folder.Start();
        TestProcesses.WaitUntil(() => Output("stubborn") == "ready\n", "stubborn is ready");

        long start = Stopwatch.GetTimestamp();
        supervisor.Signal(Signum.SIGTERM);

        Assert.AreEqual(0, supervisor.WaitForExit().ExitCode);
        Assert.IsGreaterThanOrEqualTo(TimeSpan.FromSeconds(1), Stopwatch.GetElapsedTime(start));
        Assert.IsEmpty(_folder.Living());
        Assert.AreEqual(1, supervisor.Count("stubborn: killed by SIGKILL (canceled)"), supervisor.ToString());
    }

    [TestMethod]
    public void AProgramThatMayNotBeSignalled_KeepsNoOtherFromItsStop_AndTheNextSupervisorFinishesIt()
    {
        object settings = new { BackOff = "00:00:00.01", MaxBackOff = "00:00:00.1" };
        _folder.Add("guarded", ["setpriv", "--reuid", $"{OtherUser.Id}", "--clear-groups", "sleep", "1000"], settings);
        _folder.AddShell("slow", "trap 'trap \"\" TERM; sleep 1; exit 5' TERM; echo ready; while :; do sleep 0.02; done");
        int guarded;
        using (SupervisorProcess first = SupervisorProcess.StartWithoutCapKill(_folder.SettingsFile))
        {
            guarded = first.WaitForStart("guarded");
            first.WaitUntil(() => Output("slow") == "ready\n" && _folder.Living("guarded").ContainsValue("sleep"), "the programs have begun");
            first.Signal(Signum.SIGTERM);
            Assert.AreEqual(0, first.WaitForExit().ExitCode, first.ToString());
            Assert.AreEqual(1, first.Count("guarded: cannot stop"), first.ToString());
            Assert.AreEqual(1, first.Count("slow: exited 5"), first.ToString());
            CollectionAssert.AreEqual(new[] { guarded }, _folder.Living().Keys.ToArray());
        }

        using (SupervisorProcess second = SupervisorProcess.StartWithoutCapKill(_folder.SettingsFile))
        {
            second.WaitFor("guarded: cannot stop", times: 3);
            second.WaitForStart("slow");
            CollectionAssert.AreEqual(new[] { guarded }, _folder.Living("guarded").Keys.ToArray());
            second.Signal(Signum.SIGTERM);
            Assert.AreEqual(0, second.WaitForExit().ExitCode, second.ToString());
        }

        using SupervisorProcess third = _folder.Start();
        third.WaitFor("guarded: finished the stop");
        Assert.AreNotEqual(guarded, third.WaitForStart("guarded"));
        third.WaitUntil(
            () => _folder.Living("guarded").Keys.ToArray() is [var only] && only == third.LastStart("guarded"), "the guarded program runs once");
    }

    [TestMethod]
    [DataRow("/no/such/program", "", "exited 127")]
    [DataRow("/etc/passwd", "", "exited 126")]
    [DataRow("sleep", "/no/such/directory", "cannot start")]
    public void AProgramThatCannotStart_BacksOff(string command, string directory, string reason)
    {
        _folder.Add("missing", [command], new { BackOff = "00:00:00.1", MaxBackOff = "00:00:00.4", WorkingDirectory = directory });
        using SupervisorProcess supervisor = _folder.Start();

        supervisor.WaitFor("missing: next start in", times: 4);

        Assert.IsGreaterThanOrEqualTo(4, supervisor.Count(reason), supervisor.ToString());
        CollectionAssert.AreEqual(
            new[] { "00:00:00.1000000", "00:00:00.2000000", "00:00:00.4000000", "00:00:00.4000000" },
            supervisor.Messages.Where(static message => message.Contains("next start in", StringComparison.Ordinal))
                .Select(static message => message[(message.LastIndexOf(' ') + 1)..]).Take(4).ToArray());
        supervisor.Signal(Signum.SIGTERM);
        Assert.AreEqual(0, supervisor.WaitForExit().ExitCode);
    }

    [TestMethod]
    [DataRow("OnFailure", 0, 1)]
    [DataRow("OnFailure", 3, 2)]
    [DataRow("Never", 3, 1)]
    [DataRow("Always", 0, 2)]
    public void TheRestartPolicy_DecidesAfterAnExit(string policy, int code, int starts)
    {
        string marker = _folder.File("marker");
        _folder.AddShell(
            "job", $"if [ -e {marker} ]; then exec sleep 1000; fi; touch {marker}; exit {code}", new { Restart = policy, BackOff = "00:00:00.01" });
        _folder.Add("other", ["sleep", "1000"]);
        using SupervisorProcess supervisor = _folder.Start();
        supervisor.WaitFor($"job: exited {code}");
        supervisor.WaitFor("job: started", starts);
        supervisor.WaitForStart("other");

        supervisor.Signal(Signum.SIGTERM);

        Assert.AreEqual(0, supervisor.WaitForExit().ExitCode);
        Assert.AreEqual(starts, supervisor.Count("job: started"), supervisor.ToString());
    }

    [TestMethod]
    public void ASupervisorWithoutProgramsLeft_Ends_AndTheNextOneStartsThemAgain()
    {
        _folder.AddShell("job", "exit 0", new { Restart = "Never" });
        for (int i = 0; i < 2; i++)
        {
            using SupervisorProcess supervisor = _folder.Start();
            Assert.AreEqual(0, supervisor.WaitForExit().ExitCode);
            Assert.AreEqual(1, supervisor.Count("job: started"), supervisor.ToString());
        }
    }

    [TestMethod]
    [DataRow("""{ "Supervisor": { "Programs": { "x": {} } } }""", "Supervisor:Programs:x: Command is missing.")]
    [DataRow("""{ "Supervisor": { "Programs": {} } }""", "Supervisor:Programs has no program.")]
    [DataRow("""{ "Supervisor": { "Programs": { "x": { "Command": "y", "BackOff": "00:00:00" } } } }""", "BackOff must be positive")]
    [DataRow("""{ "Supervisor": { "Programs": { "x": { "Command": "y", "Restart": "Sometimes" } } } }""", "Sometimes")]
    [DataRow("""{ "Supervisor": { "Programs": { "x": { "Command": "y", "Restarts": "Always" } } } }""", "Restarts")]
    [DataRow("{", "settings.json")]
    [DataRow(null, "settings.json")]
    public void WrongSettings_AreReportedInOneLine(string? settings, string expected)
    {
        if (settings is not null)
        {
            File.WriteAllText(_folder.SettingsFile, settings);
        }

        using SupervisorProcess supervisor = _folder.Start();
        (int exitCode, string error) = supervisor.WaitForExit();

        Assert.AreEqual(1, exitCode);
        Assert.HasCount(1, error.TrimEnd().Split('\n'), error);
        StringAssert.StartsWith(error, "Supervisor: ");
        StringAssert.Contains(error, expected);
    }

    public void Dispose() => _folder.Dispose();

    private string Output(string program) => File.Exists(_folder.File(program + ".log")) ? File.ReadAllText(_folder.File(program + ".log")) : "";
}
