using System.ComponentModel;
using System.Diagnostics;

namespace PidFdProcess.Linux;

/// <summary>One signal of a graceful stop, and how many milliseconds to wait after it. -1 waits without end.</summary>
internal readonly record struct TreeStopStep(int Signal, int Milliseconds);

/// <summary>How a graceful stop went.</summary>
/// <param name="RootTookKill">Whether the root was alive when the SIGKILL was sent to it.</param>
/// <param name="AnyTookKill">Whether any member was alive when the SIGKILL was sent to it.</param>
/// <param name="Survivors">The members that took a SIGKILL and were alive when the time for their deaths was over.</param>
internal sealed record TreeStopResult(bool RootTookKill, bool AnyTookKill, IReadOnlyList<int> Survivors);

// Overview
//
// Asks the members of a tree to end, and kills them if they do not end in time.
//
// Constraints: A signal makes members start processes and exit. The kernel does not report new processes, so they have to be listed while their
// parents live. The calling thread does all the work, because the thread pool may be starved.
//
// Scheme: Each member gets the signal, and SIGCONT after it, so that a stopped one runs its handler. While the time of the step lasts, the tree is
// listed again and again, and new members get the signals, too. At the end the members that are left are killed as a tree.

/// <summary>The graceful stop of one tree, or of several trees at once.</summary>
internal sealed class TreeStop
{
    private const int MaxSlice = 50;
    private const int Youth = 10;

    // A tree may start processes faster than they are listed. Then the members that were found get their signal first.
    private const int MaxListing = 1000;

    private readonly TreeMembers _members;
    private readonly TreeExits _exits;
    private readonly TreePace _pace = new();
    private readonly bool _rootOnly;
    private readonly CancellationToken _cancellationToken;
    private TreeStopStep _step;
    private int _stepIndex = -1;

    public TreeStop(TreeMembers members, IKernel kernel, bool rootOnly, CancellationToken cancellationToken)
    {
        _members = members;
        _exits = new TreeExits(members, kernel);
        _rootOnly = rootOnly;
        _cancellationToken = cancellationToken;
    }

    /// <summary>
    /// Gets whether a refused signal to a root is noted with the other failures. Otherwise it ends the stop before any process is signalled.
    /// </summary>
    public bool NotesRefusalsOfRoots { get; init; }

    /// <summary>Gets which members get no signal of the steps, because they have it from elsewhere.</summary>
    public Func<TreeMember, bool>? HasSignalAlready { get; init; }

    /// <summary>Gets what to do before the first SIGKILL. If it throws, no process is killed.</summary>
    public Action? BeforeKill { get; init; }

    private bool IsDone => _rootOnly
        ? _members.Root.HasExited || _members.Root.HasRefused
        : _members.All.TrueForAll(static member => member.HasExited || member.HasRefused);

    /// <summary>Stops a process and its descendants. Blocks the calling thread.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="rootId">The PID of the root.</param>
    /// <param name="root">A pidfd of the root, which the caller keeps open, or <see langword="null"/> on a host without pidfds.</param>
    /// <param name="steps">The signals. The members that are left after the last one are killed. A step without end never kills.</param>
    /// <param name="rootOnly">
    /// Whether the root alone is signalled and awaited. Then its descendants are killed when it has exited, or with it when the time is over.
    /// </param>
    /// <param name="killMilliseconds">How long to wait for the deaths after the SIGKILL.</param>
    /// <param name="cancellationToken">Ends the wait. If that happens before the SIGKILL, no member is killed.</param>
    /// <param name="result">How it went, or <see langword="null"/> if the root has been reaped or an errno is returned.</param>
    /// <param name="start">The start of the root, if there is no pidfd.</param>
    /// <returns>The errno if <c>/proc</c> cannot be read at all. Otherwise 0, even if the root has been reaped.</returns>
    /// <exception cref="InvalidOperationException">The calling process is a member.</exception>
    /// <exception cref="Win32Exception">
    /// The root may not be signalled, or it is not known whether the calling process is a member. No member was signalled.
    /// </exception>
    /// <exception cref="AggregateException">
    /// Some members could not be found or signalled, or a descendant is alive after the SIGKILL. All others have exited.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static Errno Run(
        IKernel kernel,
        int rootId,
        SafePidFdHandle? root,
        IReadOnlyList<TreeStopStep> steps,
        bool rootOnly,
        int killMilliseconds,
        CancellationToken cancellationToken,
        out TreeStopResult? result,
        RootStart start = default)
    {
        result = null;
        MemberAccess access = new(kernel, byPid: root is null, rootId);
        SpareDescriptors.Reserve();
        try
        {
            Errno error = TreeCaller.Check(kernel, access, root, TreeScope.All, out bool isGone);
            if (error == 0 && !isGone)
            {
                using TreeMembers members = new(access, root, new ProcChildren(kernel), start);
                TreeStop stop = new(members, kernel, rootOnly, cancellationToken) { BeforeKill = cancellationToken.ThrowIfCancellationRequested };
                result = stop.Run(steps, new TreeKill(members, kernel), killMilliseconds);
                NoteSurvivors(access, result, killMilliseconds);
                access.Failures.ThrowIfAny();
            }

            return error;
        }
        finally
        {
            SpareDescriptors.Reserve();
        }
    }

    /// <summary>Signals the members, waits for them, and kills the members that are left. What failed is in the failures of the members.</summary>
    public TreeStopResult Run(IReadOnlyList<TreeStopStep> steps, TreeKill kill, int killMilliseconds)
    {
        _members.Access.MayDropLiving = true;

        bool signalsFirst = steps is [{ Signal: not (0 or SignalNumbers.SigKill) }, ..];
        FirstList.AddTo(_members, isComplete: signalsFirst, TimeLimit.DeadlineIn(MaxListing), _cancellationToken);
        bool isDone = false;
        bool mayKill = true;
        foreach (TreeStopStep step in steps.TakeWhile(static step => step.Signal != SignalNumbers.SigKill))
        {
            _cancellationToken.ThrowIfCancellationRequested();
            _step = step;
            _stepIndex++;
            _members.All.ToList().ForEach(Signal);
            isDone = WaitUntilDone(step.Milliseconds);
            mayKill = step.Milliseconds != Timeout.Infinite || _rootOnly;
            if (isDone)
            {
                break;
            }
        }

        _exits.Wait(0);
        if (!mayKill || (isDone && _members.All.TrueForAll(static member => member.HasExited)))
        {
            _members.ForgetGone();
            return new TreeStopResult(false, false, []);
        }

        BeforeKill?.Invoke();
        kill.Kill();
        return new TreeStopResult(_members.All is [{ TookKill: true }, ..], kill.AnyTookKill, WaitForDeaths(killMilliseconds));
    }

    // If the root alone is alive, the caller reports it.
    private static void NoteSurvivors(MemberAccess access, TreeStopResult result, int killMilliseconds)
    {
        if (result.Survivors.Any(id => id != access.RootId))
        {
            foreach (int id in result.Survivors)
            {
                access.Failures.Note(id, TreeCall.Bound, new TimeoutException(
                    $"Process {id} is alive {killMilliseconds} ms after SIGKILL. It may be in state D or in a frozen cgroup."));
            }
        }
    }

    private bool WaitUntilDone(int milliseconds)
    {
        long deadline = TimeLimit.DeadlineIn(milliseconds);
        _pace.OnSignal();
        for (;;)
        {
            _cancellationToken.ThrowIfCancellationRequested();
            long start = Stopwatch.GetTimestamp();
            ListAndSignal();
            if (IsDone && !_members.AddOfSessions(DelaySignal))
            {
                return true;
            }

            long now = Stopwatch.GetTimestamp();
            if (now >= deadline)
            {
                return false;
            }

            int pause = _pace.NextPause(Stopwatch.GetElapsedTime(start, now));
            WaitForExit(Math.Min(pause, TimeLimit.MillisecondsUntil(deadline)));
        }
    }

    private void ListAndSignal()
    {
        long deadline = TimeLimit.DeadlineIn(MaxListing);
        int before = _members.All.Count;
        _members.Refresh();
        _members.AddOfSessions(DelaySignal);
        for (int i = 0; i < _members.All.Count && (i < before || Stopwatch.GetTimestamp() <= deadline); i++)
        {
            TreeMember member = _members.All[i];
            if (member.PidFd is null || !_pace.IsTight)
            {
                // It may have more threads by now.
                _members.Access.Update(member);
            }

            _members.AddChildren(member, DelaySignal);
            Signal(member);
        }

        _members.RemoveReaped();
    }

    private void WaitForExit(int milliseconds)
    {
        long deadline = TimeLimit.DeadlineIn(milliseconds);
        do
        {
            _cancellationToken.ThrowIfCancellationRequested();
            if (_exits.Wait(Math.Min(TimeLimit.MillisecondsUntil(deadline), MaxSlice)))
            {
                _pace.OnExit();
                return;
            }
        }
        while (Stopwatch.GetTimestamp() < deadline);

        if (milliseconds == 0)
        {
            _pace.PauseShortly();
        }
    }

    /// <summary>Sends the signal of the step unless the member has got it. A step with signal 0 only waits.</summary>
    private void Signal(TreeMember member)
    {
        if (_step.Signal == 0 || member.HasExited || member.LastStep == _stepIndex || (_rootOnly && !member.IsRoot)
            || Stopwatch.GetTimestamp() < member.NotBefore)
        {
            return;
        }

        Errno error = HasSignalAlready?.Invoke(member) == true ? 0 : _members.Access.Signal(member, _step.Signal);
        if (error is 0 or Errno.ESRCH)
        {
            member.LastStep = _stepIndex;
            member.HasRefused = false;
            member.HasExited |= error == Errno.ESRCH;
            _members.Access.Failures.Forget(member.Id, TreeCall.Signal);
            if (error == 0)
            {
                _members.Access.Signal(member, SignalNumbers.SigCont);
            }

            return;
        }

        Win32Exception refusal = SystemCallError.SignalRefused(_members.Access.SignalCall, member.Id, _step.Signal, error);
        if (member.IsRoot && _stepIndex == 0 && !NotesRefusalsOfRoots)
        {
            throw refusal;
        }

        // If descriptors are short, the next pass tries again.
        member.HasRefused = !SystemCallError.IsResource(error);
        member.LastStep = member.HasRefused ? _stepIndex : member.LastStep;
        _members.Access.Failures.Note(member.Id, TreeCall.Signal, refusal);
    }

    // Between fork and exec a process still has the handlers of its parent, which would swallow the signal.
    private static void DelaySignal(TreeMember member) => member.NotBefore = TimeLimit.DeadlineIn(Youth);

    private List<int> WaitForDeaths(int milliseconds)
    {
        long deadline = TimeLimit.DeadlineIn(milliseconds);
        for (;;)
        {
            // The clock is read before the last look. Otherwise a thread that waits for a processor between the two would report dead members.
            bool isLast = Stopwatch.GetTimestamp() >= deadline;
            if (isLast)
            {
                _exits.Wait(0);
            }

            List<int> alive = [.. _members.All.Where(static member => member.TookKill && !member.HasExited).Select(static member => member.Id)];
            if (alive.Count == 0 || isLast)
            {
                return alive;
            }

            _cancellationToken.ThrowIfCancellationRequested();
            _exits.Wait(Math.Min(TimeLimit.MillisecondsUntil(deadline), MaxSlice));
        }
    }
}
