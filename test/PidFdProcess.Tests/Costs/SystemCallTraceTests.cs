using System.Text.RegularExpressions;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Costs;

/// <summary>The system calls of the library, by a run of the dummy under strace.</summary>
[TestClass]
public sealed partial class SystemCallTraceTests
{
    // Each of three waits looks twice after the exit, however long it waited.
    private const int LooksAfterTheExit = 6;

    [TestMethod]
    public async Task WaitId_OnAPidFd_NeverReaps()
    {
        Trace trace = await Trace.RunAsync("pidfd");

        string[] waits = [.. trace.Calls.Where(static call => call.Contains(" waitid(P_PIDFD", StringComparison.Ordinal))];

        foreach (string wait in waits)
        {
            Assert.Contains("WNOWAIT", wait);
        }

        // Some looked at a zombie, which a call without the flag would have reaped.
        Assert.Contains(static call => call.Contains("si_code=CLD_", StringComparison.Ordinal), waits);
        Assert.AreEqual(0, trace.Run.ExitCode, trace.Run.Output + trace.Run.Errors);
    }

    [TestMethod]
    public async Task APendingWaitForANonChild_DoesNotPoll()
    {
        Trace pidfd = await Trace.RunAsync("pidfd");
        Trace stock = await Trace.RunAsync("stock");

        // If the stock wait did not poll, the count would prove nothing.
        Assert.IsGreaterThan(LooksAfterTheExit, stock.LooksWhilePending);
        Assert.IsInRange(0, LooksAfterTheExit, pidfd.LooksWhilePending);
    }

    [TestMethod]
    public async Task Kill_OfANonChild_GoesThroughThePidFd()
    {
        Trace trace = await Trace.RunAsync("pidfd");

        Assert.Contains(static call => SigKillByPidFd().IsMatch(call), trace.Calls);
        string kill = $" kill({trace.NonChild}, SIGKILL)";
        Assert.DoesNotContain(call => call.Contains(kill, StringComparison.Ordinal), trace.Calls);
    }

    [GeneratedRegex(@" pidfd_send_signal\(\d+(<.*>)?, SIGKILL, NULL, 0\) += 0")]
    private static partial Regex SigKillByPidFd();

    private sealed partial record Trace(string[] Calls, ToolRun Run)
    {
        /// <summary>Gets the PID of the non-child, which is the last that a run prints if it comes to its end.</summary>
        public string NonChild
        {
            get
            {
                Assert.AreEqual(0, Run.ExitCode, Run.Output + Run.Errors);
                return Run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1];
            }
        }

        /// <summary>Gets the number of calls kill(nonChild, 0) between the two marks kill(self, 0).</summary>
        public int LooksWhilePending
        {
            get
            {
                string nonChild = NonChild;
                Match mark = Calls.Select(static call => KillZero().Match(call))
                    .First(match => match.Success && match.Groups["pid"].Value != nonChild);
                string markCall = $" kill({mark.Groups["pid"].Value}, 0)";
                int[] marks = [.. Enumerable.Range(0, Calls.Length).Where(i => Calls[i].Contains(markCall, StringComparison.Ordinal))];
                Assert.HasCount(2, marks);
                return Calls[marks[0]..marks[1]].Count(call => call.Contains($" kill({nonChild}, 0)", StringComparison.Ordinal));
            }
        }

        public static async Task<Trace> RunAsync(string route)
        {
            if (!ToolRun.Exists("strace"))
            {
                Assert.Inconclusive("strace is not installed");
            }

            if (await ToolRun.RunAsync("strace", ["-qq", "-e", "trace=none", "/bin/true"]) is { ExitCode: not 0 } refused)
            {
                Assert.Inconclusive($"strace may not trace here: {refused.Errors}");
            }

            string file = Path.GetTempFileName();
            try
            {
                ToolRun run = await ToolRun.RunAsync("strace",
                [
                    "-f", "-qq", "-e", "signal=none", "-e", "trace=waitid,kill,pidfd_send_signal,pidfd_open", "-o", file,
                    .. DummyProgram.Start, "use-library", route,
                ]);
                return new Trace(Join(await File.ReadAllLinesAsync(file)), run);
            }
            finally
            {
                File.Delete(file);
            }
        }

        /// <summary>Joins the two halves of a call if calls of another thread were printed between them.</summary>
        private static string[] Join(string[] lines)
        {
            Dictionary<string, string> unfinished = [];
            List<string> calls = [];
            foreach (string line in lines)
            {
                string thread = line.Split(' ', 2)[0];
                if (line.Split(" <unfinished ...>") is [string start, ""])
                {
                    unfinished[thread] = start;
                }
                else if (Resumed().Match(line) is { Success: true } rest && unfinished.Remove(thread, out string? begun))
                {
                    calls.Add(begun + line[(rest.Index + rest.Length)..]);
                }
                else
                {
                    calls.Add(line);
                }
            }

            return [.. calls];
        }

        [GeneratedRegex(@"<\.\.\. \w+ resumed>")]
        private static partial Regex Resumed();

        [GeneratedRegex(@" kill\((?<pid>\d+), 0\)")]
        private static partial Regex KillZero();
    }
}
