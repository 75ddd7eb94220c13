using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Mono.Unix.Native;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Scope;

/// <summary>Signals of the program that a scope forwards to its processes.</summary>
[TestClass]
public sealed class ForwardedSignalTests : IDisposable
{
    private const string CtrlC = "\u0003";
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);

    private readonly string _directory = Directory.CreateTempSubdirectory("forward").FullName;

    private string Log => Path.Combine(_directory, "log");

    [TestMethod]
    [DataRow(PosixSignal.SIGTERM, "TERM")]
    [DataRow(PosixSignal.SIGINT, "INT")]
    [DataRow(PosixSignal.SIGHUP, "HUP")]
    public void ASignalToTheProgram_ReachesTheProcessesOfTheScope_BeforeTheProgramEnds(PosixSignal signal, string name)
    {
        TestProcesses.RequireSigint(Environment.ProcessId);
        if (ProcessTable.Ignores(Environment.ProcessId, (int)Signum.SIGHUP))
        {
            Assert.Inconclusive("This test run ignores SIGHUP, as each program that nohup(1) starts.");
        }

        // In a session of its own, so that the terminal of the test run does not matter.
        using Process program = Start("setsid", [.. DummyProgram.Start, "scope-end", "forward"]);
        Assert.AreEqual("ready", program.StandardOutput.ReadLine());

        Assert.IsTrue(program.SignalViaPidFd(signal));

        PidFdExitStatus status = program.WaitForExitStatusPidFd();
        Assert.AreEqual($"killed by {signal}", status.ToString());
        Assert.AreEqual(name + "\n", File.ReadAllText(Log));
    }

    [TestMethod]
    public void CtrlC_ReachesTheProcessesOnce_BecauseTheTerminalHasSentIt()
    {
        using Process script = StartOnTerminal("forward");
        PressCtrlC(script);
        Assert.AreEqual("INT\n", File.ReadAllText(Log));
    }

    [TestMethod]
    [DataRow(PosixSignal.SIGTERM, "TERM")]
    [DataRow(PosixSignal.SIGINT, "INT")]
    public void ASignalThatTheProgramCancels_StopsTheScope_AndTheProgramGoesOn(PosixSignal signal, string name)
    {
        TestProcesses.RequireSigint(Environment.ProcessId);
        using Process program = Start("setsid", [.. DummyProgram.Start, "scope-end", "forward-handled"]);
        Assert.AreEqual("ready", program.StandardOutput.ReadLine());
        Assert.IsTrue(program.SignalViaPidFd(signal));
        Assert.AreEqual("stopped", program.StandardOutput.ReadLine());
        Assert.AreEqual("exited 0", program.WaitForExitStatusPidFd().ToString());
        Assert.AreEqual(name + "\n", File.ReadAllText(Log));
    }

    [TestMethod]
    public void CtrlC_ThatTheProgramCancels_ReachesTheProcessesOnce_AndTheProgramGoesOn()
    {
        using Process script = StartOnTerminal("forward-handled");
        PressCtrlC(script, exitCode: 0);
        Assert.AreEqual("INT\n", File.ReadAllText(Log));
    }

    [TestMethod]
    public void CtrlC_ReachesAProcessThatAHandlerOfItStarts()
    {
        // On a busy machine the signal may come before the exec of the started process. It is lost then, and the process is killed in the end.
        const int Attempts = 3;
        string killed = $"late {128 + (int)Signum.SIGKILL}\n";
        string log = killed;
        for (int attempt = 0; attempt < Attempts && log == killed; attempt++)
        {
            File.Delete(Log);
            using Process script = StartOnTerminal("forward-late");
            PressCtrlC(script);
            log = File.ReadAllText(Log);
        }

        Assert.AreEqual($"late {128 + (int)Signum.SIGINT}\n", log);
    }

    [TestMethod]
    public void ASignalThatCannotBeHandled_LeavesNoHandlerOfTheOthers()
    {
        const PosixSignal Unused = (PosixSignal)(int)Signum.SIGUSR2;
        Assert.IsFalse(Handles(Signum.SIGUSR2));
        ProcessScopeOptions options = new() { ForwardSignals = [Unused, (PosixSignal)(int)Signum.SIGKILL] };
        Assert.ThrowsExactly<IOException>(() => new ProcessScope(options));
        Assert.IsFalse(Handles(Signum.SIGUSR2));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task TheEndOfTheScope_LeavesNoHandler(bool asynchronous)
    {
        ProcessScope scope = new(new ProcessScopeOptions { ForwardSignals = [(PosixSignal)(int)Signum.SIGUSR2] });
        Assert.IsTrue(Handles(Signum.SIGUSR2));
        if (asynchronous)
        {
            await scope.DisposeAsync();
        }
        else
        {
            scope.Dispose();
        }

        Assert.IsFalse(Handles(Signum.SIGUSR2));
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static bool Handles(Signum signal)
    {
        string caught = File.ReadLines("/proc/self/status").First(static line => line.StartsWith("SigCgt:", StringComparison.Ordinal));
        ulong signals = ulong.Parse(caught.AsSpan("SigCgt:".Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return (signals & (1UL << ((int)signal - 1))) != 0;
    }

    private static void PressCtrlC(Process script, int exitCode = 128 + (int)Signum.SIGINT)
    {
        Task<string> output = script.StandardOutput.ReadToEndAsync();
        script.StandardInput.Write(CtrlC);
        script.StandardInput.Flush();
        Assert.IsTrue(script.WaitForExit(s_limit), "the program has ended");
        Assert.AreEqual(exitCode, script.ExitCode, output.Result);
    }

    private Process StartOnTerminal(string how)
    {
        TestProcesses.RequireSigint(Environment.ProcessId);
        if (!ToolRun.Exists("script"))
        {
            Assert.Inconclusive("There is no script(1), of util-linux.");
        }

        string command = string.Join(' ', DummyProgram.Start.Select(static word => $"'{word}'"));
        Process script = Start("script", ["-qec", $"exec {command} scope-end {how}", "/dev/null"]);

        // The console has switched the keypad of the terminal before.
        StringAssert.EndsWith(script.StandardOutput.ReadLine(), "ready", StringComparison.Ordinal);
        return script;
    }

    private Process Start(string program, string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment["SCOPE_END_FILE"] = Log;
        return Process.Start(start)!;
    }
}
