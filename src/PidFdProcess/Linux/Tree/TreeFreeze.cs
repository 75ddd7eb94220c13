using System.Diagnostics;

namespace PidFdProcess.Linux;

// Overview
//
// Constraints: a tree forks during its kill. SIGSTOP is sent, not done, when the call returns, so that a fork that is under way on another core
// still completes. Some members do not stop, or not for long.
//
// Scheme: each member is stopped as soon as it is found. A member that was seen to be stopped cannot fork. When all were seen to be stopped, they
// are listed once more. If that finds no new member, the tree is frozen. The rounds are bounded in number and in time. A member that does not stop
// in time is not waited for again, and the kill looks for its children once more.
internal sealed class TreeFreeze(TreeMembers members, IKernel kernel)
{
    private const int MaxRounds = 50;

    // After these a member that does not stop will go on forking.
    private const int MaxRoundsIfRunning = 10;
    private const int MaxRestarts = 3;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan s_runningLimit = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_waitingLimit = TimeSpan.FromMilliseconds(20);

    private readonly List<TreeMember> _stopping = [];
    private readonly List<int> _threads = [];

    /// <summary>Gets whether all members are stopped and their list is complete.</summary>
    public bool IsComplete { get; private set; }

    public bool AnyRunning { get; private set; }

    public void Run()
    {
        AnyRunning = false;
        long deadline = Stopwatch.GetTimestamp() + (long)(s_limit.TotalSeconds * Stopwatch.Frequency);
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
            // First all that are in reach, before they fork on. New members are appended and get their turn in the same loop.
            for (; listed < members.All.Count && Stopwatch.GetTimestamp() <= deadline; listed++)
            {
                members.AddChildren(members.All[listed], StopFound);
            }

            WaitUntilStopped(deadline);
            hasNew = members.AddChildrenOfAll(StopFound, deadline);
            isOver = ++rounds >= (AnyRunning ? MaxRoundsIfRunning : MaxRounds) || Stopwatch.GetTimestamp() > deadline;
        }
        while (hasNew && !isOver);

        IsComplete = !hasNew && !AnyRunning;
    }

    /// <summary>Stops a member that has just been found, and its parent if that has been continued.</summary>
    public void StopFound(TreeMember member)
    {
        Stop(member);
        if (members.ParentOf(member) is { IsStopped: true } parent)
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

        Errno error = members.Access.Signal(member, SignalNumbers.SigStop);
        if (error == 0)
        {
            member.TookStop = true;
            _stopping.Add(member);
        }
        else
        {
            AnyRunning |= error != Errno.ESRCH;
        }
    }

    // Most members only need a processor to stop. The members that do not stop share their time limits, so that many of them cost no more time
    // than one.
    private void WaitUntilStopped(long deadline)
    {
        long start = Stopwatch.GetTimestamp();
        long progress = start;
        SpinWait wait = default;
        while (_stopping.Count > 0)
        {
            long now = Stopwatch.GetTimestamp();
            for (int i = _stopping.Count - 1; i >= 0; i--)
            {
                StopProgress state = Look(_stopping[i]);
                bool isLate = state == StopProgress.Running
                    ? now > deadline || Stopwatch.GetElapsedTime(progress, now) > s_runningLimit
                    : Stopwatch.GetElapsedTime(start, now) > s_waitingLimit;
                if (state == StopProgress.Stopped || isLate)
                {
                    progress = state == StopProgress.Stopped ? now : progress;
                    AnyRunning |= state != StopProgress.Stopped;
                    _stopping[i].IsStopped = state == StopProgress.Stopped;
                    _stopping[i] = _stopping[^1];
                    _stopping.RemoveAt(_stopping.Count - 1);
                }
            }

            wait.SpinOnce();
        }
    }

    private StopProgress Look(TreeMember member)
    {
        if (members.Access.ReadStat(member.Id, out ProcStat stat) is var error && error != 0)
        {
            return ProcChildren.IsAbsent(error) ? StopProgress.Stopped : StopProgress.Waiting;
        }

        member.Threads = stat.Threads;
        return ProcThreads.Look(kernel, member.Id, stat, _threads);
    }
}
