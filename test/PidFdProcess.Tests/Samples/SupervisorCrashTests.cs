using System.Diagnostics;
using System.Globalization;
using Mono.Unix.Native;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Samples;

/// <summary>
/// The supervisor is killed again and again, in its starts, stops and writes. Each program holds a lock, and says so if it finds another instance.
/// </summary>
[TestClass]
public sealed class SupervisorCrashTests
{
    private const string RoundsVariable = "PIDFDPROCESS_SUPERVISOR_ROUNDS";

    private static readonly TimeSpan s_usualTime = TimeSpan.FromSeconds(20);

    private readonly Random _random = new(Environment.TickCount);

    private enum Moment
    {
        InTheTakeover,
        InTheRestarts,
        InTheStop,
        InTheFirstStarts,
    }

    public TestContext TestContext { get; set; } = null!;

    // Longer than usual, for the rounds that the variable asks for.
    [TestMethod]
    [Timeout(1_800_000)]
    public void KilledAtRandomMoments_HasOneInstanceOfEachProgram_AfterTheRestart()
    {
        if (!ToolRun.Exists("flock"))
        {
            Assert.Inconclusive("There is no flock(1), of util-linux.");
        }

        using SupervisorFolder folder = new();
        folder.AddSingle("steady", ["-F"], ["sleep", "1000"]);
        folder.AddSingle("tree", [], ["sh", "-c", "trap 'sleep 0.2; exit' TERM; sleep 1000 & wait"], new { GracePeriod = "00:00:00.1" });
        folder.AddSingle(
            "quick", ["-F"], ["sh", "-c", "sleep 0.03; exit 3"], new { BackOff = "00:00:00.01", StableAfter = "00:00:00", GracePeriod = "00:00:01" });

        SupervisorProcess supervisor = StartAndCheck(folder);
        int rounds = 0;
        try
        {
            int? asked = Environment.GetEnvironmentVariable(RoundsVariable) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;
            for (long start = Stopwatch.GetTimestamp(); asked is { } all ? rounds < all : Stopwatch.GetElapsedTime(start) < s_usualTime; rounds++)
            {
                Crash(folder, ref supervisor, (Moment)(rounds % 4));
                supervisor.Dispose();
                supervisor = StartAndCheck(folder);
            }

            supervisor.Signal(Signum.SIGTERM);
            Assert.AreEqual(0, supervisor.WaitForExit().ExitCode, supervisor.ToString());
            Assert.IsEmpty(folder.Living());
        }
        finally
        {
            TestContext.WriteLine($"{rounds} crashes");
            supervisor.Dispose();
        }
    }

    [TestMethod]
    public void KilledInTheWriteOfAStart_HasNotBegunTheProgram()
    {
        using SupervisorFolder folder = new();
        string began = folder.File("began");
        folder.AddShell("job", $"echo begun >> {began}; exec sleep 1000");
        using (SupervisorProcess killed = SupervisorProcess.StartKilledInItsFirstWrite(folder.SettingsFile))
        {
            Assert.AreNotEqual(0, killed.WaitForExit().ExitCode);
        }

        folder.WaitUntilAllGone();
        Assert.IsFalse(File.Exists(began));
        using SupervisorProcess supervisor = folder.Start();
        supervisor.WaitFor("job: started");
        supervisor.WaitUntil(() => File.Exists(began), "the program has begun");
    }

    [TestMethod]
    public void KilledInTheWriteBeforeAStop_HasSentNoSignal()
    {
        using SupervisorFolder folder = new();
        folder.Add("job", ["sleep", "1000"]);
        int id;
        using (SupervisorProcess first = folder.Start())
        {
            id = first.WaitForStart("job");
            first.Crash();
        }

        using (SupervisorProcess killed = SupervisorProcess.StartKilledInItsFirstWrite(folder.SettingsFile))
        {
            killed.WaitFor($"job: adopted process {id}");
            killed.WaitFor("Application started");
            Assert.IsTrue(Native.Kill(ProcessTable.Ids().Single(each => ProcessTable.ParentOf(each) == killed.Id), (int)Signum.SIGTERM));
            Assert.AreNotEqual(0, killed.WaitForExit().ExitCode);
        }

        Assert.IsTrue(folder.Living().ContainsKey(id));
        using SupervisorProcess supervisor = folder.Start();
        supervisor.WaitFor($"job: adopted process {id}");
    }

    private static SupervisorProcess StartAndCheck(SupervisorFolder folder)
    {
        SupervisorProcess supervisor = folder.Start();
        try
        {
            CheckInstance("steady", "sleep");
            CheckInstance("tree", "flock");
            supervisor.WaitFor("quick: started");
            Assert.AreEqual(0, supervisor.Count("exited 99"), $"Two instances.\n{supervisor}");
            return supervisor;
        }
        catch
        {
            supervisor.Dispose();
            throw;
        }

        void CheckInstance(string program, string first)
        {
            // An adopted shell that had not begun ends, and the program is started again.
            supervisor.WaitUntil(() => supervisor.LastStart(program) is { } id && Instances() is [var only] && only == id, $"{program} runs once");

            // The child of flock(1) has the name of flock until it has executed its program.
            int[] Instances()
            {
                int[] all = [.. folder.Living(program).Where(each => each.Value == first).Select(static each => each.Key)];
                return [.. all.Where(id => !all.Contains(ProcessTable.ParentOf(id) ?? 0))];
            }
        }
    }

    private void Crash(SupervisorFolder folder, ref SupervisorProcess supervisor, Moment moment)
    {
        switch (moment)
        {
            case Moment.InTheTakeover:
                supervisor.Crash();
                supervisor.Dispose();
                supervisor = folder.Start();
                Pause(600);
                break;
            case Moment.InTheRestarts:
                Pause(150);
                break;
            case Moment.InTheStop:
                supervisor.Signal(Signum.SIGTERM);
                Pause(250);
                break;
            default:
                supervisor.Signal(Signum.SIGTERM);
                supervisor.WaitForExit();
                supervisor.Dispose();
                DateTime before = File.GetLastWriteTimeUtc(folder.StateFile);
                supervisor = folder.Start();
                supervisor.WaitUntil(() => File.GetLastWriteTimeUtc(folder.StateFile) != before, "the state file is written");
                Pause(30);
                break;
        }

        supervisor.Crash();
        Assert.AreEqual(0, supervisor.Count("exited 99"), $"Two instances.\n{supervisor}");
    }

    // The crash comes at a random moment, so there is no condition to wait for.
    private void Pause(int mostMilliseconds) => Thread.Sleep(_random.Next(mostMilliseconds));
}
