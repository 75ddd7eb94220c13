using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Mono.Unix.Native;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Package;

/// <summary>The recipes of the package's README, run as the programs that they are, on real processes.</summary>
[TestClass]
public sealed class RecipeTests
{
    private const string ParentOfASleeper = "sleep 1000 & echo $!; wait";

    private static ReadmeProgram s_program = null!;

    [ClassInitialize]
    public static async Task Build(TestContext _) => s_program = await ReadmeProgram.GetAsync();

    [TestMethod]
    [DataRow(Signum.SIGINT)]
    [DataRow(Signum.SIGTERM)]
    public async Task DevServer_OnCtrlC_EndsWithItsDescendants(Signum signal)
    {
        using RecipeRun run = s_program.Start("A dev server with Ctrl+C", "/bin/sh", "-c", ParentOfASleeper);
        int descendant = await run.ReadPidAsync();
        if (signal == Signum.SIGINT)
        {
            TestProcesses.RequireSigint(run.Id);
        }

        run.Signal(signal);

        StringAssert.Contains(await ReadToLastAsync(run, "Server: "), "Server: killed by SIGTERM.");
        AssertGone(descendant);
    }

    [TestMethod]
    public async Task DevServer_ThatEndsByItself_EndsTheProgram()
    {
        using RecipeRun run = s_program.Start("A dev server with Ctrl+C", "/bin/sh", "-c", "exit 3");

        StringAssert.Contains(await ReadToLastAsync(run, "Server: "), "Server: exited 3.");
    }

    [TestMethod]
    public async Task JobRunner_LimitsEachJobAndItsOutput()
    {
        using RecipeRun run = s_program.Start(
            "A job runner with limits and output",
            "echo out of one; exit 3",
            ParentOfASleeper,
            "sleep 1000 & echo $!");
        List<int> descendants = [await run.ReadPidAsync(), await run.ReadPidAsync()];
        string output = await run.ReadToExitAsync();

        try
        {
            StringAssert.Contains(output, "exit 3: exited 3");
            StringAssert.Contains(output, "out of one");
            Match killed = Regex.Match(output, @"wait: killed by SIGKILL \(canceled\).*\n(\d+)\n");
            Assert.IsTrue(killed.Success, output);
            AssertGone(int.Parse(killed.Groups[1].ValueSpan, CultureInfo.InvariantCulture));
        }
        finally
        {
            descendants.Where(IsRunning).ToList().ForEach(Native.KillByPid);
        }
    }

    [TestMethod]
    public async Task JobRunner_OnSigTerm_KillsItsJobs()
    {
        using PidFile file = new();
        using RecipeRun run = s_program.Start("A job runner with limits and output", $"sleep 1000 & echo $! > {file.Path}; wait");
        int descendant = file.WaitForPid();

        run.Signal(Signum.SIGTERM);

        StringAssert.Contains(await ReadToLastAsync(run, "The jobs were stopped."), "wait: killed by SIGKILL (canceled)");
        AssertGone(descendant);
    }

    [TestMethod]
    public async Task HostedWorker_EndsWithItsHost()
    {
        using RecipeRun run = s_program.Start("A hosted worker", "/bin/sh", "-c", ParentOfASleeper);
        int descendant = await run.ReadPidAsync();

        run.Signal(Signum.SIGTERM);

        StringAssert.Contains(await ReadToLastAsync(run, "Stopped: "), "Stopped: killed by SIGTERM.");
        AssertGone(descendant);
    }

    [TestMethod]
    public async Task PidFile_StopsTheDaemon()
    {
        using PidFile file = new();
        using NonChildProcess daemon = NonChildProcess.StartReaped();
        file.Write(daemon.Id);
        using RecipeRun run = s_program.Start("A pid file", file.Path);

        StringAssert.Contains(await ReadToLastAsync(run, "Process "), $"Process {daemon.Id}: killed by SIGTERM.");
        Assert.IsFalse(File.Exists(file.Path));
    }

    [TestMethod]
    public async Task PidFile_OfARecycledPid_SparesTheStranger()
    {
        using PidFile file = new();
        using NonChildProcess stranger = NonChildProcess.StartReaped();
        file.Write(stranger.Id);
        File.SetLastWriteTime(file.Path, DateTime.Now.AddHours(-1));
        using RecipeRun run = s_program.Start("A pid file", file.Path);

        await ReadToLastAsync(run, "It is gone: ");
        Assert.IsTrue(IsRunning(stranger.Id));
    }

    [TestMethod]
    public async Task PidFile_OfAProcessThatIsGone_IsDeleted()
    {
        using PidFile file = new();
        using NonChildProcess daemon = NonChildProcess.StartReaped();
        daemon.KillAndWaitUntilReaped();
        file.Write(daemon.Id);
        using RecipeRun run = s_program.Start("A pid file", file.Path);

        await ReadToLastAsync(run, "It is gone: ");
        Assert.IsFalse(File.Exists(file.Path));
    }

    [TestMethod]
    public async Task FileWithAnIdentity_FindsTheProcessAgain_AndNeverAnother()
    {
        using PidFile file = new();
        File.Delete(file.Path);
        using RecipeRun start = s_program.Start("A file that names a process for certain", file.Path);
        string started = await ReadToLastAsync(start, "Started process ");
        string identity = File.ReadAllText(file.Path);
        using RecipeRun stop = s_program.Start("A file that names a process for certain", file.Path);
        StringAssert.Contains(await ReadToLastAsync(stop, "Process "), ": killed by SIGTERM.");
        Assert.IsFalse(File.Exists(file.Path));

        // Its new parent reaps it. Until then the identity names a zombie.
        int daemon = int.Parse(Regex.Match(started, @"Started process (\d+)").Groups[1].ValueSpan, CultureInfo.InvariantCulture);
        TestProcesses.WaitUntil(() => ProcessTable.StateOf(daemon) is null, "the daemon is reaped");
        File.WriteAllText(file.Path, identity);
        using RecipeRun again = s_program.Start("A file that names a process for certain", file.Path);
        await ReadToLastAsync(again, "It is gone.");
        Assert.IsFalse(File.Exists(file.Path));
    }

    /// <summary>The recipe runs under the name, too, and must not kill itself.</summary>
    [TestMethod]
    public async Task KillByName_KillsAllOfThatNameAndNoOther()
    {
        string folder = Directory.CreateTempSubdirectory("pidfdprocess-recipe-").FullName;
        string name = "pf" + Guid.NewGuid().ToString("N")[..10];
        string program = Path.Combine(folder, name), other = program + "x";
        File.Copy("/bin/sleep", program);
        File.Copy("/bin/sleep", other);
        Process[] processes = [Process.Start(program, "1000"), Process.Start(program, "1000"), Process.Start(other, "1000")];
        string host = Path.Combine(Directory.CreateDirectory(Path.Combine(folder, "host")).FullName, name);
        File.CreateSymbolicLink(host, ToolRun.DotNetPath);
        try
        {
            using RecipeRun run = s_program.StartBy(host, "Kill by name", name);
            string output = await run.ReadToExitAsync();

            StringAssert.Contains(output, $"Killed process {processes[0].Id}.");
            StringAssert.Contains(output, $"Killed process {processes[1].Id}.");
            Assert.IsTrue(processes[0].WaitForExit(30_000) && processes[1].WaitForExit(30_000));
            Assert.IsFalse(processes[2].HasExited);
        }
        finally
        {
            foreach (Process process in processes)
            {
                process.Kill();
                process.Dispose();
            }

            Directory.Delete(folder, recursive: true);
        }
    }

    [TestMethod]
    public async Task PipeThatAGrandchildHolds_DelaysTheEndByItsLimitAlone()
    {
        using RecipeRun run = s_program.Start("A pipe that a grandchild holds", "/bin/sh", "-c", "sleep 1000 & echo $!");
        int descendant = await run.ReadPidAsync();
        try
        {
            await ReadToLastAsync(run, "A descendant still holds the pipe.");
        }
        finally
        {
            Native.KillByPid(descendant);
        }
    }

    [TestMethod]
    public async Task PipeThatNoGrandchildHolds_IsReadToItsEnd()
    {
        using RecipeRun run = s_program.Start("A pipe that a grandchild holds", "/bin/sh", "-c", "echo one; echo two");

        Assert.AreEqual("one\ntwo\nThat was all.", (await ReadToLastAsync(run, "That was all.")).Trim());
    }

    [TestMethod]
    public async Task StopAll_AfterTheWork_StopsEachTree()
    {
        using RecipeRun run = s_program.Start("Stop all at my end", ParentOfASleeper, ParentOfASleeper);
        int first = await run.ReadPidAsync(), second = await run.ReadPidAsync();

        run.CloseInput();

        await run.ReadUntilAsync(static line => line == "killed by SIGTERM");
        await ReadToLastAsync(run, "killed by SIGTERM");
        AssertGone(first);
        AssertGone(second);
    }

    /// <summary>The signal ends the program in the middle of its work. Its handler of ProcessExit still runs.</summary>
    [TestMethod]
    [DataRow(Signum.SIGINT)]
    [DataRow(Signum.SIGTERM)]
    public async Task StopAll_WhenASignalEndsTheProgramBefore_LeavesNoDescendant(Signum signal)
    {
        using RecipeRun run = s_program.Start("Stop all at my end", ParentOfASleeper, ParentOfASleeper);
        int first = await run.ReadPidAsync(), second = await run.ReadPidAsync();

        run.Signal(signal);

        await run.WaitForExitAsync();
        AssertGone(first);
        AssertGone(second);
    }

    [TestMethod]
    public async Task BesideCliWrap_TheCommandIsStoppedGracefully()
    {
        using RecipeRun run = s_program.Start("Beside CliWrap", "sleep", "1000");

        await ReadToLastAsync(run, "killed by SIGTERM: ");
    }

    /// <summary>The process may have exited before the recipe looks for it, or while it stops it.</summary>
    [TestMethod]
    public async Task BesideCliWrap_ACommandThatEndsAtOnce_IsNoError()
    {
        using RecipeRun run = s_program.Start("Beside CliWrap", "true");

        await run.ReadToExitAsync(static line => line.EndsWith(": ", StringComparison.Ordinal));
    }

    private static Task<string> ReadToLastAsync(RecipeRun run, string text) =>
        run.ReadToExitAsync(line => line.Contains(text, StringComparison.Ordinal));

    private static void AssertGone(int processId) => TestProcesses.WaitUntil(() => !IsRunning(processId), $"process {processId} is gone");

    private static bool IsRunning(int processId) => ProcessTable.StateOf(processId) is not null and not 'Z';

    /// <summary>A file with a PID.</summary>
    private sealed class PidFile : IDisposable
    {
        public string Path { get; } = System.IO.Path.GetTempFileName();

        /// <summary>Waits until a shell has written a PID, and returns it.</summary>
        public int WaitForPid()
        {
            TestProcesses.WaitUntil(() => File.ReadAllText(Path).EndsWith('\n'), "the file has a PID");
            return int.Parse(File.ReadAllText(Path), CultureInfo.InvariantCulture);
        }

        public void Write(int processId) => File.WriteAllText(Path, processId.ToString(CultureInfo.InvariantCulture) + "\n");

        public void Dispose() => File.Delete(Path);
    }
}
