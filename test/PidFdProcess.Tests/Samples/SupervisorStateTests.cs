using System.Diagnostics;
using System.Text.Json.Nodes;
using Mono.Unix.Native;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Samples;

/// <summary>What a supervisor does with the state file of the one before.</summary>
[TestClass]
public sealed class SupervisorStateTests : IDisposable
{
    private readonly SupervisorFolder _folder = new();

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void AnAdoptedProgram_IsTheSameProcess_AndItsExitStatusIsKnown(bool exits)
    {
        string gate = _folder.File("gate");
        string end = exits ? "exit 7" : "kill -SEGV $$";
        _folder.AddShell("job", $"while [ ! -e {gate} ]; do sleep 0.02; done; {end}", new { BackOff = "00:01:00", MaxBackOff = "00:01:00" });
        int id = StartAndCrash("job");
        using SupervisorProcess supervisor = _folder.Start();

        Assert.AreEqual(id, supervisor.WaitForStart("job"));
        supervisor.WaitFor("job: adopted");
        File.WriteAllText(gate, "");
        supervisor.WaitFor("job: next start");

        ReapedStatus.Require();
        Assert.AreEqual(1, supervisor.Count(exits ? "job: exited 7" : "job: killed by SIGSEGV"), supervisor.ToString());
    }

    [TestMethod]
    public void AProgramThatEndedWhileNoSupervisorRan_IsStartedAgain()
    {
        _folder.Add("job", ["sleep", "1000"]);
        int id = StartAndCrash("job");
        KillAndWaitUntilReaped(id);
        using SupervisorProcess supervisor = _folder.Start();

        supervisor.WaitFor("job: ended while no supervisor ran");
        Assert.AreNotEqual(id, supervisor.WaitForStart("job"));
        Assert.AreEqual(0, supervisor.Count("adopted"));
    }

    [TestMethod]
    [DataRow("Never")]
    [DataRow("OnFailure")]
    public void AProgramThatIsOver_IsNotStartedAgain_AfterACrash(string policy)
    {
        _folder.AddShell("job", "exit 0", new { Restart = policy });
        _folder.Add("other", ["sleep", "1000"]);
        using (SupervisorProcess first = _folder.Start())
        {
            first.WaitForStart("other");
            TestProcesses.WaitUntil(() => (string?)Program("job")["State"] == "Ended", "the end of the job is written");
            first.Crash();
        }

        using SupervisorProcess supervisor = _folder.Start();
        supervisor.WaitFor("other: adopted");
        supervisor.Signal(Signum.SIGTERM);
        Assert.AreEqual(0, supervisor.WaitForExit().ExitCode);
        Assert.AreEqual(0, supervisor.Count("job: "), supervisor.ToString());
    }

    [TestMethod]
    public void AStopThatACrashInterrupted_IsFinished_AndLeavesNoDescendant()
    {
        _folder.AddShell("job", "sleep 1000 & echo ready; wait", new { GracePeriod = "00:01:00" });
        int id = StartAndCrash("job");
        TestProcesses.WaitUntil(() => _folder.Living().Count == 2, "the job has started its child");

        // As if the crash had come when the first process was gone and its child was not.
        Native.KillByPid(id);
        TestProcesses.WaitUntil(() => _folder.Living().Count == 1 && !_folder.Living().ContainsKey(id), "the child is left alone");
        int orphan = _folder.Living().Keys.Single();
        Edit(programs => programs["job"]!["State"] = "Stopping");
        using SupervisorProcess supervisor = _folder.Start();

        supervisor.WaitFor("finished the stop that the last supervisor began, and killed 1 more");
        supervisor.WaitForStart("job");
        Assert.IsFalse(_folder.Living().ContainsKey(orphan));
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("{")]
    [DataRow("null")]
    [DataRow("[]")]
    [DataRow("{}")]
    [DataRow("""{ "Boot": "x", "Programs": {} }""")]
    [DataRow("""{ "Programs": { "job": null } }""")]
    [DataRow("""{ "Boot": "BOOT", "Programs": { "job": null } }""")]
    [DataRow("""{ "Boot": "BOOT", "Programs": { "job": { "State": "Dancing" } } }""")]
    [DataRow("\0\0\0\0")]
    [DataRow(null, DisplayName = "a directory")]
    public void ACorruptStateFile_IsNotUsed(string? text)
    {
        _folder.Add("job", ["sleep", "1000"]);
        if (text is null)
        {
            Directory.CreateDirectory(_folder.StateFile);
        }
        else
        {
            File.WriteAllText(_folder.StateFile, text.Replace("BOOT", Boot(), StringComparison.Ordinal));
        }

        using SupervisorProcess supervisor = _folder.Start();
        supervisor.WaitFor(text is null ? "job: cannot start" : "job: started");
        Assert.AreEqual(1, supervisor.Count($"The state file {_folder.StateFile} is not used"), supervisor.ToString());
        supervisor.WaitUntil(() => _folder.Living().Count == (text is null ? 0 : 1), "each program that can be started runs");
    }

    [TestMethod]
    [DataRow("boot")]
    [DataRow("boot of the identity")]
    [DataRow("recycled")]
    [DataRow("recycled, stopping")]
    [DataRow("no identity")]
    public void AStateFileThatNamesAStranger_LeavesTheStrangerAlive(string fault)
    {
        using Process stranger = TestProcesses.StartSleeper();
        _folder.Add("job", ["sleep", "1000"]);
        int id = StartAndCrash("job");
        KillAndWaitUntilReaped(id);
        string identity = stranger.GetIdentityViaPidFd().ToString();
        Edit(programs =>
        {
            string[] parts = ((string)programs["job"]!["Identity"]!).Split(':');
            programs["job"]!["Identity"] = fault switch
            {
                "boot" => identity,
                "boot of the identity" => identity.Split('@')[0] + "@" + Guid.NewGuid(),
                "no identity" => stranger.Id.ToString(System.Globalization.CultureInfo.InvariantCulture),
                _ => $"{stranger.Id}:{parts[1]}",
            };
            programs["job"]!["State"] = fault.EndsWith("stopping", StringComparison.Ordinal) ? "Stopping" : "Running";
            if (fault == "boot")
            {
                programs.Parent!["Boot"] = Guid.NewGuid().ToString();
            }
        });

        using SupervisorProcess supervisor = _folder.Start();
        Assert.AreNotEqual(stranger.Id, supervisor.WaitForStart("job"));
        Assert.AreEqual(0, supervisor.Count("adopted"), supervisor.ToString());
        supervisor.Signal(Signum.SIGTERM);
        Assert.AreEqual(0, supervisor.WaitForExit().ExitCode);
        TestProcesses.WaitUntilAsleep(stranger.Id);
        stranger.Kill();
        stranger.WaitForExit();
    }

    [TestMethod]
    public void ASecondSupervisor_IsRefused_AndTheFirstGoesOn()
    {
        _folder.Add("job", ["sleep", "1000"]);
        using SupervisorProcess first = _folder.Start();
        int id = first.WaitForStart("job");
        using SupervisorProcess second = _folder.Start();

        (int exitCode, string error) = second.WaitForExit();
        Assert.AreEqual(1, exitCode);
        StringAssert.Contains(error, "state.json.lock");
        Assert.AreEqual(0, second.Count("job: "), second.ToString());
        Assert.HasCount(1, _folder.Living());
        Assert.IsTrue(_folder.Living().ContainsKey(id));
    }

    [TestMethod]
    public void AProgramThatIsNoLongerInTheSettings_GoesOn_AndIsAdoptedWhenItIsBack()
    {
        _folder.Add("other", ["sleep", "1000"]);
        string without = File.ReadAllText(_folder.SettingsFile);
        _folder.Add("job", ["sleep", "1000"]);
        string with = File.ReadAllText(_folder.SettingsFile);
        int id = StartAndCrash("job");

        File.WriteAllText(_folder.SettingsFile, without);
        using (SupervisorProcess second = _folder.Start())
        {
            second.WaitFor($"job is no longer in the settings. Its process {id} goes on");
            second.WaitForStart("other");
            second.Signal(Signum.SIGTERM);
            Assert.AreEqual(0, second.WaitForExit().ExitCode);
        }

        Assert.IsTrue(_folder.Living("job").ContainsKey(id));
        File.WriteAllText(_folder.SettingsFile, with);
        using SupervisorProcess third = _folder.Start();
        third.WaitFor($"job: adopted process {id}");
    }

    public void Dispose() => _folder.Dispose();

    private static void KillAndWaitUntilReaped(int id)
    {
        Native.KillByPid(id);
        TestProcesses.WaitUntil(() => ProcessTable.StateOf(id) is null, "init has reaped the program");
    }

    private static string Boot() => File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    /// <summary>Starts a supervisor, waits until it has started the program, and kills it.</summary>
    private int StartAndCrash(string program)
    {
        using SupervisorProcess supervisor = _folder.Start();
        int id = supervisor.WaitForStart(program);
        supervisor.WaitUntil(() => SupervisorFolder.HasBegun(id), $"{program} has begun");
        supervisor.Crash();
        return id;
    }

    private JsonObject Program(string name) =>
        JsonNode.Parse(File.ReadAllText(_folder.StateFile))!["Programs"]![name] as JsonObject ?? [];

    private void Edit(Action<JsonObject> change)
    {
        JsonNode state = JsonNode.Parse(File.ReadAllText(_folder.StateFile))!;
        change(state["Programs"]!.AsObject());
        File.WriteAllText(_folder.StateFile, state.ToJsonString());
    }
}
