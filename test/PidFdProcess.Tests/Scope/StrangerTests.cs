using System.Diagnostics;
using System.Globalization;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;
using PidFdProcess.Tests.Tree;

namespace PidFdProcess.Tests.Scope;

/// <summary>Processes of a session have left it, it is empty, and a stranger leads a new session with its number.</summary>
[TestClass]
public sealed class StrangerTests
{
    private static readonly TimeSpan s_short = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [TestMethod]
    public async Task Stop_WhenAMemberThatHasLeftTheSessionEnds_SparesTheStranger()
    {
        RecycledPid.Require();
        await using ProcessScope scope = new(new ProcessScopeOptions { GracePeriod = s_short, NewSession = true });
        using MarkedTree tree = StartDaemons(scope);
        using Process stranger = StartStranger(tree.Root.Id);
        int child = StartChildOf(stranger);
        try
        {
            // Its end makes the scope look for the rest of the session. The other daemon is alive.
            Native.KillByPid(tree.Alive()[0]);
            TestProcesses.WaitUntil(() => scope.MemberCount == 1, "the daemon has left the scope");
            ProcessScopeResult result = await scope.StopAsync().WaitAsync(s_limit);
            AssertSpared(result, stranger.Id, child);
            tree.AssertNoSurvivor();
        }
        finally
        {
            Native.KillByPid(child);
            End(stranger);
        }
    }

    [TestMethod]
    public async Task Stop_WhenTheLeaderOfTheStrangersHasExited_SparesTheStrangers()
    {
        RecycledPid.Require();
        await using ProcessScope scope = new(new ProcessScopeOptions { GracePeriod = s_short, NewSession = true });
        using MarkedTree tree = StartDaemons(scope);
        using Process stranger = StartStranger(tree.Root.Id);
        int child = StartChildOf(stranger);
        End(stranger);
        try
        {
            ProcessScopeResult result = await scope.StopAsync().WaitAsync(s_limit);
            AssertSpared(result, child);
            tree.AssertNoSurvivor();
        }
        finally
        {
            Native.KillByPid(child);
        }
    }

    private static void AssertSpared(ProcessScopeResult result, params int[] strangers)
    {
        // A process that took SIGKILL ends a moment later.
        Thread.Sleep(100);
        foreach (int id in strangers)
        {
            TestProcesses.WaitUntilAsleep(id, $"{result}");
        }

        Assert.IsTrue(result.Survivors.All(static survivor => survivor.Reason.Contains("may be a stranger", StringComparison.Ordinal)), $"{result}");
    }

    /// <summary>Starts a leader that exits, and leaves two processes that leave its session, too. They keep their PIDs.</summary>
    private static MarkedTree StartDaemons(ProcessScope scope)
    {
        const string Daemon = "(read line <&3; exec setsid sleep 1000) &";
        MarkedTree tree = MarkedTree.StartReady(scope, $"exec 3<&0; {Daemon} {Daemon} echo ready; exit 0", redirectInput: true);
        TestProcesses.WaitUntil(() => scope.Processes.Count == 0 && scope.MemberCount == 2, "the scope has adopted the processes");
        tree.Root.StandardInput.Write("1\n2\n");
        tree.Root.StandardInput.Flush();
        TestProcesses.WaitUntil(() => tree.Alive().TrueForAll(id => SessionOf(id) == id), "the processes lead sessions of their own");

        // A stranger that starts later than this cannot be in the former session.
        long since = Stopwatch.GetTimestamp();
        TestProcesses.WaitUntil(() => Stopwatch.GetElapsedTime(since) > TimeSpan.FromMilliseconds(300), "the moment is over");
        return tree;
    }

    private static int SessionOf(int id) => ProcessTable.FieldsOf(id) is { } fields ? int.Parse(fields[3], CultureInfo.InvariantCulture) : -1;

    // It forks only when it is told to, so that a process with another PID leaves no child.
    private static Process StartStranger(int sessionId)
    {
        Process stranger = RecycledPid.Start(sessionId, static () => Process.Start(
            new ProcessStartInfo("setsid", ["/bin/sh", "-c", "read line; sleep 1000 & echo $!; read line"])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            })!, End);
        return stranger;
    }

    private static int StartChildOf(Process stranger)
    {
        stranger.StandardInput.WriteLine();
        stranger.StandardInput.Flush();
        int child = int.Parse(stranger.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture);
        Assert.AreEqual(stranger.Id, SessionOf(child));
        return child;
    }

    private static void End(Process process)
    {
        process.Kill();
        process.WaitForExit();
        process.Dispose();
    }
}
