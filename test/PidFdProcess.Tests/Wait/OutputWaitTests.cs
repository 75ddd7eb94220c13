using System.Diagnostics;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Wait;

/// <summary>Which waits read the output to its end, and which end although a grandchild holds the pipe open.</summary>
[TestClass]
public sealed class OutputWaitTests
{
    private const int Lines = 50;

    // The grandchild prints its PID and keeps the pipe until it is killed.
    // It ignores SIGTERM, so that a stop does not end it before it has started the grandchild.
    private const string LeavesAGrandchild = "trap '' TERM; sleep 1000 & echo $!";

    private static readonly TimeSpan s_moment = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    private readonly List<string> _lines = [];

    private static Dictionary<string, Func<Process, Task>> WaitsForOutput { get; } = new()
    {
        ["WaitForExit"] = static process => Task.Factory.StartNew(process.WaitForExitPidFd, TaskCreationOptions.LongRunning),
        ["WaitForExitAsync"] = static process => process.WaitForExitPidFdAsync(),
        ["WaitForExitStatus"] = static process => Task.Factory.StartNew(process.WaitForExitStatusPidFd, TaskCreationOptions.LongRunning),
        ["WaitForExitStatusAsync"] = static process => process.WaitForExitStatusPidFdAsync(),
        ["WaitForExitAndOutputAsync"] = static process => process.WaitForExitAndOutputPidFdAsync(s_limit),
    };

    private static Dictionary<string, Func<Process, Task>> WaitsForExitOnly { get; } = new()
    {
        ["WaitForExitOnly"] = static process => Task.Factory.StartNew(process.WaitForExitOnlyPidFd, TaskCreationOptions.LongRunning),
        ["WaitForExitOnlyAsync"] = static process => process.WaitForExitOnlyPidFdAsync(),
        ["WaitForExit with a limit"] = static process =>
            Task.Factory.StartNew(() => Assert.IsTrue(process.WaitForExitPidFd(s_limit)), TaskCreationOptions.LongRunning),
        ["Stop"] = static process => process.StopViaPidFdAsync(s_limit),
        ["WhenAnyExit"] = static process => new[] { process }.WhenAnyExitPidFdAsync(),
        ["WaitForExitOnly of the stock route"] = static process => Task.Factory.StartNew(
            () =>
            {
                using ProcessHandleRegistry registry = StockSwitch.CreateRegistry();
                registry.WaitForExitOnly(process);
            },
            TaskCreationOptions.LongRunning),
    };

    public static IEnumerable<string> NamesForOutput => WaitsForOutput.Keys;

    public static IEnumerable<string> NamesForExitOnly => WaitsForExitOnly.Keys;

    [TestMethod]
    [DynamicData(nameof(NamesForOutput))]
    public async Task AWaitForTheOutput_EnteredBeforeTheLinesAreWritten_SeesEachLine(string wait)
    {
        using Process child = Start($"read line; i=0; while [ $i -lt {Lines} ]; do echo $i; i=$((i+1)); done; exit 3", slowly: true);
        Task ended = WaitsForOutput[wait](child);
        Assert.IsFalse(ended.Wait(s_moment));
        await child.StandardInput.WriteLineAsync();
        await ended.WaitAsync(s_limit);
        Assert.HasCount(Lines, Snapshot());
        Assert.AreEqual(3, child.ExitCode);
    }

    [TestMethod]
    [DynamicData(nameof(NamesForExitOnly))]
    public async Task AWaitForTheExitOnly_WhileAGrandchildHoldsThePipe_EndsWithTheExit(string wait)
    {
        using Process child = Start(LeavesAGrandchild);
        try
        {
            TestProcesses.WaitUntil(() => Snapshot().Length > 0, "the grandchild is started");
            await WaitsForExitOnly[wait](child).WaitAsync(s_limit);
            Assert.IsTrue(child.WaitForExit(s_limit));
            Assert.AreEqual(0, child.ExitCode);
        }
        finally
        {
            EndGrandchild();
        }
    }

    [TestMethod]
    public async Task WaitForExitAndOutput_WhileAGrandchildHoldsThePipe_ReturnsTheLinesAfterItsTime()
    {
        using Process child = Start(LeavesAGrandchild);
        try
        {
            Assert.IsFalse(await child.WaitForExitAndOutputPidFdAsync(s_moment).WaitAsync(s_limit));
            Assert.IsTrue(child.HasExited);
            TestProcesses.WaitUntil(() => Snapshot().Length == 1, "the line of the child is read");
        }
        finally
        {
            EndGrandchild();
        }
    }

    [TestMethod]
    public async Task WaitForExitAndOutput_OfAChildAlone_ReturnsTrueWithEachLine()
    {
        using Process child = Start("echo a; echo b");
        Assert.IsTrue(await child.WaitForExitAndOutputPidFdAsync(s_limit));
        CollectionAssert.AreEqual(new[] { "a", "b" }, Snapshot());
    }

    [TestMethod]
    public async Task WaitForExitAndOutput_WithATokenAfterTheExit_Throws()
    {
        using Process child = Start(LeavesAGrandchild);
        try
        {
            using CancellationTokenSource source = new();
            Task<bool> wait = child.WaitForExitAndOutputPidFdAsync(Timeout.InfiniteTimeSpan, source.Token);
            Assert.IsTrue(child.WaitForExit(s_limit));
            await source.CancelAsync();
            OperationCanceledException e = await Assert.ThrowsAsync<OperationCanceledException>(() => wait);
            Assert.AreEqual(source.Token, e.CancellationToken);
        }
        finally
        {
            EndGrandchild();
        }
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task AStartInfoThatIsChangedAfterTheStart_ChangesNoWait(bool pending)
    {
        using Process child = Start($"read line; i=0; while [ $i -lt {Lines} ]; do echo $i; i=$((i+1)); done", slowly: true);
        child.StartInfo.RedirectStandardOutput = false;
        child.StartInfo.RedirectStandardInput = false;
        Task wait = pending ? child.WaitForExitPidFdAsync() : Task.CompletedTask;
        await child.StandardInput.WriteLineAsync();
        if (!pending)
        {
            Assert.IsTrue(child.WaitForExitPidFd(s_limit));
            wait = child.WaitForExitPidFdAsync();
        }

        await wait.WaitAsync(s_limit);
        Assert.HasCount(Lines, Snapshot());
    }

    private string[] Snapshot()
    {
        lock (_lines)
        {
            return [.. _lines];
        }
    }

    private Process Start(string script, bool slowly = false)
    {
        Process child = new() { StartInfo = Shell.Info(script, redirectInput: true, redirectOutput: true) };
        child.OutputDataReceived += (_, e) =>
        {
            if (e.Data is not null)
            {
                if (slowly)
                {
                    // The lines are still being read when the process has exited.
                    Thread.Sleep(2);
                }

                lock (_lines)
                {
                    _lines.Add(e.Data);
                }
            }
        };
        child.StartWithPidFd();
        child.BeginOutputReadLine();
        return child;
    }

    private void EndGrandchild()
    {
        TestProcesses.WaitUntil(() => Snapshot().Length > 0, "the grandchild has told its PID");
        Native.KillByPid(int.Parse(Snapshot()[0], System.Globalization.CultureInfo.InvariantCulture));
    }
}
