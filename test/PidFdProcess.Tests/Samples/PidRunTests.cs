using System.Globalization;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Samples;

/// <summary>pidrun run, end to end.</summary>
[TestClass]
public sealed class PidRunTests
{
    private const string StopsAtTerm = "trap 'echo INT' INT; trap 'echo TERM; exit 7' TERM; echo $$; while :; do sleep 0.05; done";
    private const string IgnoresTerm = "trap '' TERM; while :; do sleep 0.05; done";

    [TestMethod]
    [DataRow(0)]
    [DataRow(3)]
    [DataRow(255)]
    public void Run_OfACommandThatExits_ExitsWithItsCode(int code)
    {
        (int exitCode, string output, string error) = PidRunProcess.Run("run", "--", "sh", "-c", $"echo out; exit {code}");
        Assert.AreEqual(code, exitCode, error);
        Assert.AreEqual("out\n", output);
        Assert.Contains($"exited {code} after ", error);
        Assert.Contains("user ", error);
        Assert.Contains("peak memory ", error);
        Assert.HasCount(1, error.TrimEnd().Split('\n'));
    }

    [TestMethod]
    public void Run_OfACommandThatASignalEnds_NamesTheSignal()
    {
        (int exitCode, string error) = RunOnceAttached("kill -KILL $$");
        Assert.AreEqual(137, exitCode, error);
        ReapedStatus.Require();
        Assert.Contains("killed by SIGKILL after", error);
    }

    [TestMethod]
    public void Run_OfACommandThatDumpsCore_SaysSo()
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("pidrun");
        try
        {
            (int exitCode, string error) = RunOnceAttached($"cd {directory.FullName}; ulimit -c unlimited; kill -SEGV $$");
            if (directory.GetFiles().Length == 0)
            {
                Assert.Inconclusive($"This system writes no core files: {error}");
            }

            Assert.AreEqual(139, exitCode, error);
            ReapedStatus.Require();
            Assert.Contains("killed by SIGSEGV (core dumped) after", error);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [TestMethod]
    public void Run_WithInput_LetsTheCommandReadIt()
    {
        using PidRunProcess run = PidRunProcess.Start("run", "cat");
        run.WriteInput("in");
        (int exitCode, string output, string error) = run.WaitForExit();
        Assert.AreEqual(0, exitCode, error);
        Assert.AreEqual("in", output);
    }

    [TestMethod]
    public void ArgumentsAfterTheCommand_BelongToIt()
    {
        (int exitCode, string output, string error) = PidRunProcess.Run(
            "run", "--tree", "echo", "--timeout", "--pid", "5", "--", "@x", "[suggest]", "-h");
        Assert.AreEqual(0, exitCode, error);
        Assert.AreEqual("--timeout --pid 5 -- @x [suggest] -h\n", output);
    }

    [TestMethod]
    [DataRow("exec sleep 1000", 124)]
    [DataRow(IgnoresTerm, 137, DisplayName = "as timeout(1) if it takes SIGKILL")]
    [DataRow("trap 'exit 0' TERM; while :; do sleep 0.05; done", 124)]
    [DataRow("kill -STOP $$", 124)]
    public void Run_AfterTheTimeout_StopsTheCommand(string script, int expected)
    {
        (int exitCode, string output, string error) = PidRunProcess.Run(
            "run", "--timeout", "1s", "--grace=2000ms", "sh", "-c", $"echo $$; {script}");
        Assert.AreEqual(expected, exitCode, error);
        Assert.Contains("timeout after 1.00 s; SIGTERM to ", error);
        Assert.AreEqual(expected == 137, error.Contains("(canceled)", StringComparison.Ordinal), error);
        Assert.IsNull(ProcessTable.StateOf(Number(output)));
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Run_AfterTheTimeout_StopsTheTreeIfAskedTo(bool tree)
    {
        const string Script = "sleep 1000 >/dev/null 2>&1 & echo $!; wait";
        string[] options = tree ? ["run", "--timeout", "1s", "--tree"] : ["run", "--timeout", "1s"];
        (int exitCode, string output, string error) = PidRunProcess.Run([.. options, "sh", "-c", Script]);
        Assert.AreEqual(124, exitCode, error);
        int sleeper = Number(output);
        bool isAlive = ProcessTable.StateOf(sleeper) is not null and not 'Z';
        if (isAlive)
        {
            using System.Diagnostics.Process process = System.Diagnostics.Process.GetProcessById(sleeper);
            process.Kill();
        }

        Assert.AreEqual(!tree, isAlive, error);
    }

    [TestMethod]
    public void Run_ThatGetsSigterm_PassesItOn()
    {
        using PidRunProcess run = PidRunProcess.Start("run", "sh", "-c", StopsAtTerm);
        run.ReadLine();
        run.Signal("TERM");
        (int exitCode, string output, string error) = run.WaitForExit();
        Assert.AreEqual(7, exitCode, error);
        Assert.AreEqual("TERM\n", output);
        Assert.Contains("SIGTERM to sh", error);
    }

    [TestMethod]
    public void Run_ThatGetsSigintAndSigterm_PassesBothOn()
    {
        using PidRunProcess run = PidRunProcess.Start("run", "--grace", "0", "sh", "-c", StopsAtTerm);
        TestProcesses.RequireSigint(Number(run.ReadLine()));
        run.Signal("INT");
        Assert.AreEqual("INT", run.ReadLine());
        run.Signal("TERM");
        (int exitCode, string output, string error) = run.WaitForExit();
        Assert.AreEqual(7, exitCode, error);
        Assert.AreEqual("TERM\n", output);
    }

    [TestMethod]
    public void Run_WhenTheCommandIgnoresASignal_KillsItAfterTheGracePeriod()
    {
        using PidRunProcess run = PidRunProcess.Start("run", "--grace", "500ms", "sh", "-c", "trap '' TERM; echo; exec sleep 1000");
        run.ReadLine();
        run.Signal("TERM");
        (int exitCode, _, string error) = run.WaitForExit();
        Assert.AreEqual(137, exitCode, error);
        Assert.Contains("(canceled)", error);
    }

    [TestMethod]
    public void Run_WithRedirectedOutput_PrintsNoEscapeCodes()
    {
        (int exitCode, string output, string error) = PidRunProcess.Run("run", "sleep", "1.5");
        Assert.AreEqual(0, exitCode);
        Assert.DoesNotContain("\e", output + error);
    }

    [TestMethod]
    public void Run_OnATerminal_ShowsTheRunningCommand()
    {
        (int exitCode, string output, _) = PidRunProcess.RunOnTerminal("run sh -c 'echo above; sleep 3; exit 5'");
        Assert.AreEqual(5, exitCode, output);
        Assert.Contains("above", output);
        Assert.MatchesRegex(@"command[\s\S]*memory[\s\S]*\d+ +sh +\d+\.\d\d s", output);
        Assert.Contains("exited 5 after", output);

        // The rows below go back to scrolling before the last line.
        Assert.IsGreaterThan(0, output.IndexOf("\e[r", StringComparison.Ordinal));
        Assert.IsLessThan(output.IndexOf("exited 5", StringComparison.Ordinal), output.IndexOf("\e[r", StringComparison.Ordinal));
    }

    [TestMethod]
    public void Run_OnATerminal_ShowsNoTableIfAskedForPlainLines()
    {
        (int exitCode, string output, _) = PidRunProcess.RunOnTerminal("run --plain sh -c 'sleep 1.5; exit 5'");
        Assert.AreEqual(5, exitCode, output);
        Assert.Contains("exited 5 after", output);
        Assert.DoesNotContain("memory  ", output);
        Assert.DoesNotContain("\e[r", output);
    }

    // If a command ended before PidRun had attached it, the runtime might have reaped it already.
    private static (int ExitCode, string Error) RunOnceAttached(string script)
    {
        using PidRunProcess run = PidRunProcess.Start("run", "sh", "-c", $"echo $$; read go; {script}");
        run.WaitForPidFdOf(Number(run.ReadLine()));
        run.WriteInput("\n");
        (int exitCode, _, string error) = run.WaitForExit();
        return (exitCode, error);
    }

    private static int Number(string line) => int.Parse(line.Trim(), CultureInfo.InvariantCulture);
}
