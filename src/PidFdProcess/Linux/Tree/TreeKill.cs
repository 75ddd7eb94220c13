using System.ComponentModel;
using System.Diagnostics;

namespace PidFdProcess.Linux;

/// <summary>Which processes of a tree to kill.</summary>
internal enum TreeScope
{
    All,

    /// <summary>The descendants but not the root, which may be the calling process.</summary>
    Descendants,
}

// Overview
//
// Kills a process and its descendants, also the descendants that start during the kill.
//
// Constraints: A member may exit at any time, may refuse signals, or may fork although it was stopped. Whatever happens, no member stays stopped, all
// members that were found are killed, and the call ends.
//
// Scheme: Freeze the tree, then kill children before parents. The children of a member are listed again just before its kill, because another
// program may have continued it. They are also listed just after the kill, unless the member is stopped and had none. From the SIGKILL on it cannot
// fork, and it keeps its last children until its exit is under way. A member that cannot be opened because descriptors are short is tried again until
// a limit. Failures are reported at the end.

/// <summary>The kill of one tree, or of several trees at once.</summary>
internal sealed class TreeKill(TreeMembers members, IKernel kernel)
{
    private const int MaxPasses = 10;
    private const int MaxQuietPasses = 100;
    private const int MaxLooks = 2;
    private const int MaxLastLooks = 20;
    private const int RetryMilliseconds = 2;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan s_turnsLimit = TimeSpan.FromSeconds(10);

    private readonly TreeFreeze _freeze = new(members, kernel);
    private readonly List<TreeMember> _postponed = [];
    private bool _foundLate;

    /// <summary>Gets whether any member took the SIGKILL.</summary>
    public bool AnyTookKill { get; private set; }

    private string TreeName => members.Access.RootId == MemberAccess.NoRoot ? "A tree" : $"The tree of process {members.Access.RootId}";

    /// <summary>Kills a process and its descendants, or the descendants alone.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="rootId">The PID of the root.</param>
    /// <param name="root">A pidfd of the root, which the caller keeps open, or <see langword="null"/> on a host without pidfds.</param>
    /// <param name="scope">Which processes to kill.</param>
    /// <param name="children">How children are listed, for tests.</param>
    /// <param name="start">The start of the root, if there is no pidfd.</param>
    /// <returns>The errno if <c>/proc</c> cannot be read at all. Otherwise 0, even if the root has been reaped.</returns>
    /// <exception cref="InvalidOperationException">The calling process is one of these processes.</exception>
    /// <exception cref="Win32Exception">It is not known whether the calling process is one of these processes. None was killed.</exception>
    /// <exception cref="AggregateException">Some processes could not be found or killed. All others were killed.</exception>
    public static Errno Run(
        IKernel kernel, int rootId, SafePidFdHandle? root, TreeScope scope = TreeScope.All, ProcChildren? children = null, RootStart start = default)
    {
        MemberAccess access = new(kernel, byPid: root is null, rootId);
        SpareDescriptors.Reserve();
        try
        {
            Errno error = TreeCaller.Check(kernel, access, root, scope, out bool isGone);
            if (error == 0 && !isGone)
            {
                using TreeMembers members = new(access, root, children ?? new ProcChildren(kernel), start) { ReadsStartLater = true };
                members.Root.IsSpared = scope == TreeScope.Descendants;
                new TreeKill(members, kernel).Kill();
                access.Failures.ThrowIfAny();
            }

            return error;
        }
        finally
        {
            SpareDescriptors.Reserve();
        }
    }

    /// <summary>Stops and kills all members that are left, and their descendants. What failed is in the failures of the members.</summary>
    public void Kill()
    {
        members.Access.MayDropLiving = false;
        if (!members.Access.IsByPid && members.All.Exists(static member => member.PidFd is null && !member.IsOver))
        {
            // The grace period of a stop has used up the descriptors. Make room for the members without a pidfd.
            members.Access.DropHalf();
        }

        try
        {
            KillInTurns(TimeLimit.DeadlineIn(s_turnsLimit));
        }
        finally
        {
            // A member that is found from now on is killed before it is seen to have stopped.
            members.ReadsStartLater = false;
            KillFrom(members.All.Count - 1, TimeLimit.DeadlineIn(s_limit));
            if (!_freeze.IsComplete || _foundLate || !members.ListsOneCheaply)
            {
                ListAndKill(TimeLimit.DeadlineIn(s_limit));
            }

            KillPostponed(TimeLimit.DeadlineIn(s_limit));
        }

        members.ForgetGone();
    }

    // If descriptors suffice, one turn stops all members. Otherwise each turn kills the members whose children are all open, and their descriptors
    // serve the next turn.
    private void KillInTurns(long deadline)
    {
        _freeze.Run();
        while (members.All.Exists(static member => member.HasUnopenedChild) && Stopwatch.GetTimestamp() <= deadline)
        {
            if (!KillLeaves() && !members.Access.DropHalf())
            {
                return;
            }

            _freeze.Run();
        }
    }

    private bool KillLeaves()
    {
        bool any = false;
        HashSet<TreeMember> kept = [];
        for (int i = members.All.Count - 1; i >= 0; i--)
        {
            TreeMember member = members.All[i];
            if (member.IsOver)
            {
                continue;
            }

            if (member.IsRoot || member.HasUnopenedChild || kept.Contains(member))
            {
                // Its children are alive, so that its parent has to be kept, too.
                if (members.ParentOf(member) is { } parent)
                {
                    kept.Add(parent);
                }

                continue;
            }

            Kill(member);
            any |= member.IsOver;
            if (member.MayDrop || !member.IsSpared)
            {
                member.Drop();
            }
        }

        return any;
    }

    private void ListAndKill(long deadline)
    {
        bool hasNew;
        int passes = 0;
        int quietPasses = 0;
        do
        {
            int before = members.All.Count;
            if (!members.AddChildrenOfAll(_freeze.StopFound, deadline))
            {
                members.Access.Failures.Forget(members.Access.RootId, TreeCall.Bound);
                return;
            }

            hasNew = members.All.Count > before;
            ListBeforeKill(deadline);
            KillFrom(members.All.Count - 1, deadline);
            if (!hasNew)
            {
                // A listed process or thread had gone before it was read. Its reap may take a moment, and until then each list may lack a process.
                TreePace.Sleep(RetryMilliseconds);
            }
        }
        while ((hasNew ? ++passes < MaxPasses : ++quietPasses < MaxQuietPasses) && Stopwatch.GetTimestamp() <= deadline);

        members.Access.Failures.Note(members.Access.RootId, TreeCall.Bound, new TimeoutException(hasNew
            ? $"{TreeName} has forked for longer than the kill may last. Some of its processes may be alive."
            : $"{TreeName} may have a process that was missed. In each list, a process or thread had gone before it was read."));
    }

    // Children die before their parents. Otherwise the death of a parent can orphan a process group. The kernel sends SIGHUP and SIGCONT to the
    // stopped members of an orphaned group, and they could fork on.
    private void KillFrom(int last, long deadline)
    {
        for (int i = last; i >= 0; i--)
        {
            TreeMember member = members.All[i];
            if (member.IsOver)
            {
                continue;
            }

            // After the deadline each member is still listed for a while, but a list that finds more does not put off the kill.
            long now = Stopwatch.GetTimestamp();
            bool mayList = (members.ListsOneCheaply || _freeze.IsContinued(member)) && Stopwatch.GetElapsedTime(deadline, now) <= s_limit;
            bool hasNew = mayList && HasNewChildren(member);
            if (hasNew && now <= deadline && member.Looks++ < MaxLooks)
            {
                i = members.All.Count;
                continue;
            }

            // The member forks on. A list takes less time than a fork. So a list soon finds no more, and the kill comes right after it.
            bool isForking = hasNew;
            for (int look = 0; isForking && look < MaxLastLooks; look++)
            {
                isForking = HasNewChildren(member);
            }

            Kill(member);
            bool mayHaveForked = !member.IsFrozen || member.HasChildren;
            bool hasLate = mayList && mayHaveForked && HasNewChildren(member);
            if (hasNew || hasLate)
            {
                i = members.All.Count;
            }
        }
    }

    private bool HasNewChildren(TreeMember member)
    {
        bool hasNew = members.AddChildrenOfOne(member, _freeze.StopFound);
        _foundLate |= hasNew;
        return hasNew;
    }

    private void Kill(TreeMember member)
    {
        Errno error = members.Access.Signal(member, SignalNumbers.SigKill);
        member.TookKill = error == 0;
        AnyTookKill |= member.TookKill;
        if (error is 0 or Errno.ESRCH)
        {
            member.HasExited |= error == Errno.ESRCH;
            members.Access.Failures.Forget(member.Id, TreeCall.Signal);
        }
        else
        {
            member.IsSpared = true;
            members.Access.Failures.Note(member.Id, TreeCall.Signal, SystemCallError.SignalRefused(
                members.Access.SignalCall, member.Id, SignalNumbers.SigKill, error));
            if (SystemCallError.IsResource(error))
            {
                // This pass spares the member and leaves it stopped. A later pass tries again.
                _postponed.Add(member);
                return;
            }

            member.HasRefused = true;
            Continue(member);
        }
    }

    // Other threads may take the descriptors that this kill has closed, and may give them back soon.
    private void KillPostponed(long deadline)
    {
        while (_postponed.Count > 0 && Stopwatch.GetTimestamp() <= deadline)
        {
            TreePace.Sleep(RetryMilliseconds);
            _postponed.ForEach(static member => member.IsSpared = false);
            _postponed.Clear();

            // A member that could not be stopped either may have forked.
            ListBeforeKill(deadline);
            KillFrom(members.All.Count - 1, deadline);
        }

        _postponed.ForEach(Continue);
    }

    // Without children files no list follows just before each kill. Until a new member was stopped, it may have forked.
    private void ListBeforeKill(long deadline)
    {
        for (int look = 0; look <= MaxLooks && !members.ListsOneCheaply && members.AddChildrenOfAll(_freeze.StopFound, deadline); look++)
        {
        }
    }

    private void Continue(TreeMember member)
    {
        if (member.TookStop)
        {
            member.IsStopped = false;
            members.Access.Signal(member, SignalNumbers.SigCont);
        }
    }
}
