using System.Diagnostics;
using System.Globalization;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Wait;

/// <summary>A child that another process traces. From its exit until the tracer has reaped, the kernel tells its parent nothing.</summary>
[TestClass]
public sealed class TracedChildTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [TestMethod]
    [DataRow("WaitForExit")]
    [DataRow("WaitForExitAsync")]
    [DataRow("HasExited")]
    public async Task AWait_UntilTheTracerHasReaped_GoesOn_AndTheOutputIsWhole(string call)
    {
        using Process child = StartTraced(out Process tracer);
        using Process disposed = tracer;
        List<string> lines = [];
        child.OutputDataReceived += (_, e) =>
        {
            if (e.Data is not null)
            {
                // Slower than the exit.
                Thread.Sleep(5);
                lines.Add(e.Data);
            }
        };
        child.BeginOutputReadLine();
        Task wait = call switch
        {
            "WaitForExit" => Task.Factory.StartNew(child.WaitForExitPidFd, TaskCreationOptions.LongRunning),
            "WaitForExitAsync" => child.WaitForExitPidFdAsync(),
            _ => Task.Factory.StartNew(
                () => TestProcesses.WaitUntil(child.HasExitedPidFd, "the child has exited"), TaskCreationOptions.LongRunning),
        };
        await child.StandardInput.WriteLineAsync();
        TestProcesses.WaitUntil(() => ProcessTable.StateOf(child.Id) == 'Z', "the child is a zombie");
        Assert.IsFalse(wait.IsCompleted);
        await tracer.StandardInput.WriteLineAsync();
        await wait.WaitAsync(s_limit);
        Assert.AreEqual(3, child.ExitCode);
        await child.WaitForExitAsync();
        CollectionAssert.AreEqual(new[] { "a", "b" }, lines);
        await tracer.WaitForExitAsync();
    }

    [TestMethod]
    public async Task AStatus_BeforeTheTracerHasReaped_IsThere()
    {
        using Process child = StartTraced(out Process tracer);
        using Process disposed = tracer;
        Task<Process> any = new[] { child }.WhenAnyExitPidFdAsync();
        await child.StandardInput.WriteLineAsync();
        Assert.IsTrue(child.TryWaitForExitStatusPidFd(s_limit, out PidFdExitStatus? status));
        Assert.AreEqual("exited 3", status.ToString());
        Assert.AreSame(child, await any.WaitAsync(s_limit));
        Assert.IsFalse(child.HasExited);
        await tracer.StandardInput.WriteLineAsync();
        await child.WaitForExitAsync();
    }

    /// <summary>Starts a child that exits when it reads a line. The tracer lets the child be reaped when it reads a line.</summary>
    internal static Process StartTraced(out Process tracer)
    {
        Process child = Process.Start(Shell.Info("read line; echo a; echo b; exit 3", redirectInput: true, redirectOutput: true))!;
        string[] command = [.. DummyProgram.Start, "trace-process", child.Id.ToString(CultureInfo.InvariantCulture)];
        tracer = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        string? answer = tracer.StandardOutput.ReadLine();
        if (answer != "traced")
        {
            child.Kill();
            Assert.Inconclusive(answer ?? "The tracer has ended.");
        }

        return child;
    }
}
