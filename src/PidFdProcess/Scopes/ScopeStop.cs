using System.Diagnostics;
using PidFdProcess.Calls;
using PidFdProcess.Diagnostics;
using PidFdProcess.Linux;

namespace PidFdProcess.Scopes;

// Overview
//
// Stops all processes of a scope within one time limit.
//
// Constraints: A hundred processes that ignore the signal must not take longer than one, and must not take a thread each. Some processes may have no
// pidfd because the program is out of descriptors. Without /proc no tree can be listed.
//
// Scheme: All processes with a pidfd are one forest, which the calling thread stops. All processes without a pidfd are another forest. A second
// thread stops it by PID and start time. Without /proc, and on systems other than Linux, the processes are signalled one after the other and share
// the time.

/// <summary>Stops all processes of a scope within one time limit.</summary>
internal static class ScopeStop
{
    private const int CaptureMilliseconds = 100;

    /// <summary>Stops the processes. Blocks the calling thread.</summary>
    /// <param name="scope">The scope. It accepts no more processes.</param>
    /// <param name="signal">The signal that asks the processes to end.</param>
    /// <param name="hasSignalAlready">Returns whether a process has got the signal from the terminal.</param>
    /// <param name="decision">Whether the stop is cancelled before it kills.</param>
    public static ProcessScopeResult Run(
        ScopeMembers scope, int signal, Func<TreeMember, bool>? hasSignalAlready, StopDecision decision)
    {
        scope.Close();
        List<ScopeMember> members = scope.Hold();

        // A process that ended by itself has left the scope, even if the pool has not removed it yet. The leader of a session stays for its session.
        List<ScopeMember> reported = members.FindAll(static member => member.IsListed);
        try
        {
            TreeStopStep[] steps = [new(signal, scope.Plan.GraceMilliseconds)];
            ForestResult result = RunForests(scope, members, steps, ScopePlan.KillMilliseconds, hasSignalAlready, decision);
            decision.Complete();
            ProcessScopeResult report = ResultOf(reported, result);
            scope.Forget();
            return report;
        }
        finally
        {
            members.ForEach(static member => member.Release());
        }
    }

    /// <summary>Kills the processes, and waits for none of them.</summary>
    public static void Kill(ScopeMembers scope)
    {
        scope.Close();
        List<ScopeMember> members = scope.Hold();
        using CancellationTokenSource source = new();
        try
        {
            RunForests(scope, members, [], killMilliseconds: 0, null, new StopDecision(source));
        }
        finally
        {
            members.ForEach(static member => member.Release());
        }
    }

    private static ForestResult RunForests(
        ScopeMembers scope,
        List<ScopeMember> members,
        IReadOnlyList<TreeStopStep> steps,
        int killMilliseconds,
        Func<TreeMember, bool>? hasSignalAlready,
        StopDecision decision)
    {
        if (!OperatingSystem.IsLinux())
        {
            return StockScopeStop.Run(scope.Plan, members, steps, killMilliseconds, decision);
        }

        IKernel kernel = scope.Runs.Platform.Kernel;
        ForestResult Run(List<ScopeMember> forest, bool isByPid)
        {
            if (forest.Count == 0)
            {
                return ForestResult.Empty;
            }

            ForestPlan plan = new(
                isByPid,
                steps,
                killMilliseconds,
                scope.Plan.EntireProcessTree,
                SessionsOf(kernel, scope.Plan, forest),
                hasSignalAlready,
                decision.Complete);
            List<ForestRoot> roots = [.. forest.Select(static member => member.Root).OfType<ForestRoot>()];
            Errno error = ForestStop.Run(kernel, roots, plan, decision.Token, out ForestResult result);
            if (error == 0)
            {
                return result;
            }

            string reason = SystemCallError.Describe(ErrnoTable.Proc, error);
            PidFdEventSource.Log?.FellBack(forest[0].Id, reason);
            forest.RemoveAll(static member => member.Root is null);
            result = StockScopeStop.Run(scope.Plan, forest, steps, killMilliseconds, decision);
            return scope.Plan.EntireProcessTree ? result.With($"The descendants of the processes could not be listed: {reason}") : result;
        }

        // A member that had exited before it got a pidfd is kept for its session alone. The other processes of that session can be opened, so the
        // member belongs to the forest with pidfds, unless pidfds do not work at all.
        List<ScopeMember> byPidFd = [];
        List<ScopeMember> byPid = [];
        foreach (ScopeMember member in members)
        {
            bool hasNoPidFd = !member.HasPidFd && (member.Root is not null || !scope.Runs.Support.IsSupported);
            (hasNoPidFd ? byPid : byPidFd).Add(member);
        }

        if (byPid.Count == 0)
        {
            return Run(byPidFd, isByPid: false);
        }

        OwnThread<ForestResult> other = new(() => Run(byPid, isByPid: true));
        other.Start();
        ForestResult first = Run(byPidFd, isByPid: false);
        return first.With(other.End.GetAwaiter().GetResult());
    }

    private static List<(int Id, TimeSpan KnownAt)>? SessionsOf(IKernel kernel, ScopePlan plan, List<ScopeMember> members) =>
        plan.NewSession && plan.EntireProcessTree
        ? [.. members.Where(static member => member.SessionId != 0).GroupBy(static member => member.SessionId)
            .Select(session => (session.Key, session.Max(member => member.LastInSession(kernel))))]
        : null;

    private static ProcessScopeResult ResultOf(List<ScopeMember> members, ForestResult result)
    {
        HashSet<int> alive = [.. result.Survivors.Select(static survivor => survivor.Id)];
        List<ProcessScopeExit> exits = [];
        long start = Stopwatch.GetTimestamp();
        foreach (ScopeMember member in members.Where(member => !alive.Contains(member.Id)))
        {
            // The event loop has captured the status, or captures it soon. No other thread may have seen the status.
            int left = TimeLimit.Left(CaptureMilliseconds, start);
            ((IAsyncResult)member.Exit).AsyncWaitHandle.WaitOne(left);
            if (member.WaitForStatus(left, result.TookKill.Contains(member.Id)) is { } status)
            {
                exits.Add(new ProcessScopeExit(member.Process, member.Id, status));
            }
        }

        List<ProcessScopeSurvivor> survivors =
            [.. result.Survivors.Select(static survivor => new ProcessScopeSurvivor(survivor.Id, survivor.Name, survivor.Reason))];
        survivors.ForEach(static survivor => PidFdEventSource.Log?.Survived(survivor.ProcessId, survivor.Name, survivor.Reason));
        if (result.IncompleteReason is { } reason)
        {
            PidFdEventSource.Log?.ScopeStopIncomplete(reason);
        }

        return new ProcessScopeResult(exits, survivors, result.IncompleteReason);
    }
}
