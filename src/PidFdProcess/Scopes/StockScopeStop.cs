using System.ComponentModel;
using System.Diagnostics;
using PidFdProcess.Linux;

namespace PidFdProcess.Scopes;

/// <summary>
/// Stops a scope where trees cannot be listed. Signals the processes one after the other, waits within one time limit, and kills through the runtime.
/// </summary>
internal static class StockScopeStop
{
    private const int Slice = 50;

    public static ForestResult Run(
        ScopePlan plan,
        IReadOnlyList<ScopeMember> members,
        IReadOnlyList<TreeStopStep> steps,
        int killMilliseconds,
        StopDecision decision)
    {
        Dictionary<ScopeMember, string> failures = [];
        foreach (TreeStopStep step in steps)
        {
            foreach (ScopeMember member in members)
            {
                Try(member, failures, () => member.Signal(step.Signal));
            }

            WaitForAll(members, OperatingSystem.IsWindows() ? 0 : step.Milliseconds, decision.Token);
        }

        decision.Complete();
        HashSet<int> killed = [];
        foreach (ScopeMember member in members.Where(static member => !HasExited(member)))
        {
            Try(member, failures, () => member.KillWithoutProc(plan.EntireProcessTree));
            killed.Add(member.Id);
        }

        WaitForAll(members, killMilliseconds, decision.Token);
        return new ForestResult(killed, [
            .. members.Where(static member => !HasExited(member)).Select(member => new ForestSurvivor(
                member.Id, "?", failures.GetValueOrDefault(member) ?? "it has not exited since SIGKILL"))]);
    }

    private static void WaitForAll(IReadOnlyList<ScopeMember> members, int milliseconds, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        foreach (ScopeMember member in members)
        {
            for (;;)
            {
                int left = TimeLimit.Left(milliseconds, start);
                if (HasExited(member, left is Timeout.Infinite or > Slice ? Slice : left) || left == 0)
                {
                    break;
                }

                cancellationToken.ThrowIfCancellationRequested();
            }
        }
    }

    private static bool HasExited(ScopeMember member, int milliseconds = 0) => member.WaitForStatus(milliseconds, tookKill: false) is not null;

    private static void Try(ScopeMember member, Dictionary<ScopeMember, string> failures, Action call)
    {
        try
        {
            call();
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException or PlatformNotSupportedException or AggregateException)
        {
            failures[member] = e.Message;
        }
    }
}
