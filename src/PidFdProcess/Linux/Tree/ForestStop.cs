using System.Text;

namespace PidFdProcess.Linux;

/// <summary>The root of one of several trees.</summary>
/// <param name="Id">The PID.</param>
/// <param name="PidFd">A pidfd, which the caller keeps open, or <see langword="null"/> on a host without pidfds.</param>
/// <param name="Start">The start, which names the process if there is no pidfd.</param>
internal readonly record struct ForestRoot(int Id, SafePidFdHandle? PidFd, RootStart Start = default);

/// <summary>A process that is alive after the stop, and why.</summary>
internal readonly record struct ForestSurvivor(int Id, string Name, string Reason);

/// <summary>How the stop of several trees went.</summary>
/// <param name="TookKill">The PIDs of the roots that were alive when the SIGKILL was sent to them.</param>
/// <param name="Survivors">The processes that are left.</param>
/// <param name="IncompleteReason">Why other processes may be left, or <see langword="null"/> if all were found.</param>
internal sealed record ForestResult(IReadOnlySet<int> TookKill, IReadOnlyList<ForestSurvivor> Survivors, string? IncompleteReason = null)
{
    public static ForestResult Empty { get; } = new(new HashSet<int>(), []);

    /// <summary>This result and that of other trees.</summary>
    public ForestResult With(ForestResult other) =>
        new ForestResult(TookKill.Concat(other.TookKill).ToHashSet(), [.. Survivors, .. other.Survivors], IncompleteReason)
            .With(other.IncompleteReason);

    /// <summary>This result with one more reason why other processes may be left, unless it has that reason.</summary>
    public ForestResult With(string? reason) => reason is null || IncompleteReason?.Contains(reason, StringComparison.Ordinal) == true
        ? this
        : this with { IncompleteReason = IncompleteReason is null ? reason : $"{IncompleteReason} {reason}" };
}

/// <summary>What a stop of several trees does.</summary>
/// <param name="IsByPid">Whether the members are identified by PID and start time, because there are no pidfds.</param>
/// <param name="Steps">The signals. Without any, the members are killed at once.</param>
/// <param name="KillMilliseconds">How long to wait for the deaths after the SIGKILL.</param>
/// <param name="IncludesDescendants">Whether to stop the descendants, too.</param>
/// <param name="Sessions">
/// The sessions whose processes to stop, too, and when each session was last known to be that of a member, by <see cref="BootClock"/>.
/// <see langword="null"/> for no sessions.
/// </param>
/// <param name="HasSignalAlready">Which members get no signal of the steps.</param>
/// <param name="BeforeKill">What to do before the first SIGKILL. If it throws, no process is killed.</param>
internal sealed record ForestPlan(
    bool IsByPid,
    IReadOnlyList<TreeStopStep> Steps,
    int KillMilliseconds,
    bool IncludesDescendants,
    IReadOnlyList<(int Id, TimeSpan KnownAt)>? Sessions = null,
    Func<TreeMember, bool>? HasSignalAlready = null,
    Action? BeforeKill = null);

/// <summary>
/// Stops several trees at once, on the calling thread and within one time limit. If one tree cannot be stopped, the others are stopped nevertheless.
/// </summary>
internal static class ForestStop
{
    /// <returns>0, or the errno of <c>/proc</c>, which cannot be read at all. No process was signalled then.</returns>
    /// <exception cref="OperationCanceledException">
    /// The token was cancelled. If that was before <see cref="ForestPlan.BeforeKill"/>, no process was killed.
    /// </exception>
    public static Errno Run(
        IKernel kernel, IReadOnlyList<ForestRoot> roots, ForestPlan plan, CancellationToken cancellationToken, out ForestResult result)
    {
        result = ForestResult.Empty;
        MemberAccess access = new(kernel, byPid: plan.IsByPid, MemberAccess.NoRoot);
        HashSet<int> spared = [];
        SpareDescriptors.Reserve();
        try
        {
            Errno error = TreeCaller.ListWithAncestors(access, spared);
            if (error != 0)
            {
                return error;
            }

            TreeSessions? sessions = plan.Sessions is null ? null : new TreeSessions(kernel);
            foreach ((int id, TimeSpan knownAt) in plan.Sessions ?? [])
            {
                sessions!.Add(id, knownAt);
            }

            using TreeMembers members = new(access, new ProcChildren(kernel)) { IncludesDescendants = plan.IncludesDescendants, Sessions = sessions };
            foreach (ForestRoot root in roots)
            {
                if (!spared.Contains(root.Id))
                {
                    members.AddRoot(root.Id, root.PidFd, root.Start);
                }
                else
                {
                    access.Failures.Note(root.Id, TreeCall.Bound, new InvalidOperationException("it is the calling process or an ancestor of it"));
                }
            }

            TreeStop stop = new(members, kernel, rootOnly: false, cancellationToken)
            {
                NotesRefusalsOfRoots = true,
                HasSignalAlready = plan.HasSignalAlready,
                BeforeKill = plan.BeforeKill,
            };
            stop.Run(plan.Steps, new TreeKill(members, kernel), plan.KillMilliseconds);
            result = new ForestResult(
                members.All.Where(static member => member is { IsRoot: true, TookKill: true }).Select(static member => member.Id).ToHashSet(),
                [.. Survivors(members, out string? incompleteReason)],
                incompleteReason);
            return 0;
        }
        finally
        {
            SpareDescriptors.Reserve();
        }
    }

    private static List<ForestSurvivor> Survivors(TreeMembers members, out string? incompleteReason)
    {
        MemberAccess access = members.Access;
        Dictionary<int, ForestSurvivor> alive = [];
        foreach (TreeMember member in members.All)
        {
            access.Update(member);
            if (!member.HasExited && access.MayHoldId(member))
            {
                alive.TryAdd(member.Id, new ForestSurvivor(
                    member.Id, NameOf(member.Id), access.Failures.Find(member.Id)?.Message ?? "it has not exited since SIGKILL"));
            }
        }

        List<string> reasons = [];
        foreach (int id in access.Failures.ProcessIds().ToList())
        {
            if (alive.ContainsKey(id) || access.Failures.Find(id)?.Message is not { } reason)
            {
                continue;
            }

            // The failure of a pass over all processes is no survivor, and neither is a process that has exited. But processes may be alive that
            // were not found because of the failure.
            if (id == MemberAccess.NoRoot || access.IsGone(id))
            {
                reasons.AddRange(access.Failures.MessagesOf(id));
            }
            else
            {
                alive.Add(id, new ForestSurvivor(id, NameOf(id), reason));
            }
        }

        incompleteReason = reasons.Count == 0 ? null : string.Join(' ', reasons);
        return [.. alive.Values];
    }

    private static string NameOf(int processId)
    {
        try
        {
            return File.ReadAllText($"/proc/{processId}/comm", Encoding.UTF8).TrimEnd('\n');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "?";
        }
    }
}
