using System.Diagnostics;

namespace PidFdProcess.Linux;

// Overview
//
// Stops all members of a tree, so that none of them can fork.
//
// Constraints: A tree may fork during its kill. When the call that sends SIGSTOP returns, the process may still run, so that a fork that is under way
// on another core completes. Some members do not stop, or not for long.
//
// Scheme: Each member is stopped as soon as it is found. A member that was seen to be stopped cannot fork, so its list is complete then. When all
// were listed, the members whose list may lack a child are listed once more. If that finds no new member, the tree is frozen. The rounds are bounded
// in number and in time. A member that does not stop in time is not waited for again, and the kill looks for its children once more.

/// <summary>The rounds of SIGSTOP at the beginning of a kill.</summary>
internal sealed class TreeFreeze(TreeMembers members, IKernel kernel)
{
    private const int MaxRounds = 50;

    // With a member that does not stop, more rounds do not help, because it may go on forking.
    private const int MaxRoundsIfRunning = 10;
    private const int MaxRestarts = 3;
    private const int YieldsBeforeSleep = 10;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan s_runningLimit = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_waitingLimit = TimeSpan.FromMilliseconds(20);

    private readonly List<TreeMember> _stopping = [];
    private readonly List<int> _threads = [];

    /// <summary>Gets whether all members are stopped and their list is complete.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Gets whether a member could not be stopped, or did not stop in time.</summary>
    public bool AnyRunning { get; private set; }

    public void Run()
    {
        IsComplete = false;
        AnyRunning = false;
        long deadline = TimeLimit.DeadlineIn(s_limit);
        foreach (TreeMember member in members.All)
        {
            Stop(member);
        }

        int listed = 0;
        int rounds = 0;
        bool isOver;
        bool hasNew;
        do
        {
            // The members found so far stop together, and are listed when they have stopped. New members are appended.
            while (listed < members.All.Count && Stopwatch.GetTimestamp() <= deadline)
            {
                WaitUntilStopped(deadline);
                for (int end = members.All.Count; listed < end && Stopwatch.GetTimestamp() <= deadline; listed++)
                {
                    List(members.All[listed]);
                }
            }

            WaitUntilStopped(deadline);
            hasNew = members.AddChildrenOfAll(StopFound, deadline);
            if (!members.MayHaveMissed)
            {
                members.All.ForEach(static member => member.IsListed |= member.IsStopped);
            }

            isOver = ++rounds >= (AnyRunning ? MaxRoundsIfRunning : MaxRounds) || Stopwatch.GetTimestamp() > deadline;
        }
        while (hasNew && !isOver);

        IsComplete = !hasNew && !AnyRunning;
    }

    /// <summary>Gets whether another program has continued a member that had stopped, so that it may have forked.</summary>
    public bool IsContinued(TreeMember member) => member is { IsStopped: true, IsOver: false } && ReadProgress(member) != StopProgress.Stopped;

    private void List(TreeMember member)
    {
        if (!members.ListsOneCheaply)
        {
            // The pass over all processes was before the stop, so it may lack children.
            members.AddChildren(member, StopFound);
            return;
        }

        members.AddChildrenOfOne(member, StopFound);
        member.IsListed = member.IsStopped && !members.MayHaveMissed;
    }

    /// <summary>Stops a member that has just been found, and its parent if that has been continued.</summary>
    public void StopFound(TreeMember member)
    {
        Stop(member);
        if (members.ParentOf(member) is { IsStopped: true, IsListed: true } parent)
        {
            parent.IsStopped = false;
            AnyRunning |= ++parent.Restarts > MaxRestarts;
            Stop(parent);
        }
    }

    private void Stop(TreeMember member)
    {
        if (member.IsOver || member.IsStopped)
        {
            return;
        }

        member.IsListed = false;
        Errno error = members.Access.Signal(member, SignalNumbers.SigStop);
        if (error == 0)
        {
            member.TookStop = true;
            _stopping.Add(member);
        }
        else
        {
            AnyRunning |= error != Errno.ESRCH;

            // Its start time is read nowhere else.
            _ = ReadProgress(member);
        }
    }

    // Most members only need a processor to stop. The members that do not stop share their time limits, so that many of them cost no more time than
    // one.
    private void WaitUntilStopped(long deadline)
    {
        long start = Stopwatch.GetTimestamp();
        long progress = start;
        SpinWait wait = default;
        int yields = 0;
        while (_stopping.Count > 0)
        {
            long now = Stopwatch.GetTimestamp();
            bool isSlow = Stopwatch.GetElapsedTime(start, now) > s_waitingLimit;
            bool isRunningLate = now > deadline || Stopwatch.GetElapsedTime(progress, now) > s_runningLimit;
            int kept = 0;
            int next = 0;
            while (next < _stopping.Count)
            {
                TreeMember member = _stopping[next++];
                StopProgress state = ReadProgress(member);
                if (state != StopProgress.Stopped && !(state == StopProgress.Running ? isRunningLate : isSlow))
                {
                    _stopping[kept++] = member;
                    if (state == StopProgress.Running && !isSlow)
                    {
                        // The others get a processor after this one, so that it is too early to look at them.
                        break;
                    }

                    continue;
                }

                member.IsStopped = state == StopProgress.Stopped;
                AnyRunning |= !member.IsStopped;
                progress = member.IsStopped ? now : progress;
            }

            _stopping.RemoveRange(kept, next - kept);
            if (_stopping.Count > 0)
            {
                Pause(ref wait, ref yields);
            }
        }
    }

    // SpinWait sleeps, too, but Thread.Interrupt ends that sleep and would abort the kill.
    private static void Pause(ref SpinWait wait, ref int yields)
    {
        if (!wait.NextSpinWillYield)
        {
            wait.SpinOnce(sleep1Threshold: -1);
        }
        else if (yields++ < YieldsBeforeSleep)
        {
            Thread.Yield();
        }
        else
        {
            TreePace.Sleep(1);
        }
    }

    private StopProgress ReadProgress(TreeMember member)
    {
        Errno error = members.Access.ReadStat(member.Id, out ProcStat stat);
        if (error != 0)
        {
            return ProcChildren.IsAbsent(error) ? StopProgress.Stopped : StopProgress.Waiting;
        }

        member.Threads = stat.Threads;
        members.Access.NoteStart(member, stat);
        return ProcThreads.ReadProgress(kernel, member.Id, stat, _threads);
    }
}
