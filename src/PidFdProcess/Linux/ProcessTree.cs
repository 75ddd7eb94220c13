using System.ComponentModel;
using System.Diagnostics;

namespace PidFdProcess.Linux;

// Overview
//
// Constraints: a tree forks while it is killed; a list of children is about PIDs, which may be recycled at any time; SIGSTOP is
// sent, not done, when the call returns: a fork that is under way on another core still completes.
//
// Scheme: a pidfd for each member; a process becomes one if, after its pidfd was opened, its parent is a member that had not been
// reaped after that was read. Each member is stopped at once. When all have been seen to be stopped, from when on
// they cannot fork, they are listed once more; if that finds nobody new, all are killed. (A list may skip somebody while another
// one on it ends: then, too, they are listed once more.) However it ends, no member stays
// stopped: those that could be stopped are killed. A child whose parent had exited before belongs to somebody else by then, for
// us as for stock.
internal sealed partial class ProcessTree : IDisposable
{
    // One that may not be stopped can fork for ever.
    private const int MaxRoundsIfRefused = 50;

    private static readonly TimeSpan s_stopLimit = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_uninterruptibleLimit = TimeSpan.FromMilliseconds(20);

    private readonly IKernel _kernel;
    private readonly ProcChildren _children;
    private readonly Dictionary<int, Member> _members = [];
    private readonly List<Member> _all = [];
    private readonly List<int> _found = [];
    private bool _anyRefused;

    private ProcessTree(IKernel kernel, ProcChildren? children)
    {
        _kernel = kernel;
        _children = children ?? new ProcChildren(kernel);
    }

    /// <summary>Gets the members that took the last signal, the root first.</summary>
    public IEnumerable<SafePidFdHandle> Signaled => _all.Where(member => !member.HasRefused).Select(member => member.PidFd);

    /// <summary>Kills a process and all its descendants.</summary>
    /// <returns>0; ESRCH: the process has been reaped; else /proc cannot be read.</returns>
    /// <exception cref="InvalidOperationException">The calling process is one of them.</exception>
    /// <exception cref="AggregateException">Some may not be signalled; all others were killed.</exception>
    /// <exception cref="Win32Exception">Out of descriptors or memory; those found so far were killed.</exception>
    public static Errno Kill(IKernel kernel, int rootId, SafePidFdHandle root, ProcChildren? children = null)
    {
        Errno error = CheckCaller(kernel, rootId, root);
        if (error != 0)
        {
            return error;
        }

        using ProcessTree tree = new(kernel, children);
        tree.AddRoot(rootId, root);
        return tree.StopAndKill();
    }

    /// <summary>Opens the members as they are now, without stopping anybody. There is a tree only if it returns 0.</summary>
    public static Errno Open(IKernel kernel, int rootId, SafePidFdHandle root, out ProcessTree tree)
    {
        tree = new ProcessTree(kernel, null);
        Errno error = CheckCaller(kernel, rootId, root);
        if (error == 0)
        {
            tree.AddRoot(rootId, root);
            try
            {
                // One pass: a tree that forks on has new ones in each.
                tree.AddChildrenOfAll(stop: false);
            }
            catch
            {
                tree.Dispose();
                throw;
            }
        }

        return error;
    }

    /// <summary>Sends a signal to all members. Who may not be signalled refuses the kill later, too, and is reported then.</summary>
    /// <exception cref="Win32Exception">The root may not be signalled; nobody was.</exception>
    public void Signal(int signal)
    {
        foreach (Member member in _all)
        {
            Errno error = _kernel.PidFdSendSignal(member.PidFd, signal);
            member.HasRefused = error == Errno.EPERM;
            if (member.HasRefused && member == _all[0])
            {
                throw SystemCallError.SignalRefused("pidfd_send_signal", member.Id, signal, error);
            }
        }
    }

    /// <summary>Kills the members that are left, and all their descendants.</summary>
    public Errno StopAndKill()
    {
        try
        {
            foreach (Member member in _all)
            {
                Stop(member);
            }

            int listed = 0;
            int stopped = 0;
            int rounds = 0;
            do
            {
                // First everybody in reach, before they fork on; those found are appended and get their turn in the same loop.
                for (; listed < _all.Count; listed++)
                {
                    AddChildren(_all[listed], stop: true);
                }

                long start = Stopwatch.GetTimestamp();
                for (long progress = start; stopped < _all.Count; stopped++)
                {
                    progress = WaitUntilStopped(_all[stopped], start, progress) ? Stopwatch.GetTimestamp() : progress;
                }
            }
            while (AddChildrenOfAll(stop: true) && (!_anyRefused || ++rounds < MaxRoundsIfRefused));
        }
        catch
        {
            KillAll();
            throw;
        }

        List<Exception> refused = KillAll();
        if (refused.Count > 0)
        {
            throw new AggregateException("Not all processes in process tree could be terminated.", refused);
        }

        return 0;
    }

    public void Dispose()
    {
        foreach (Member member in _all)
        {
            if (member.IsOwned)
            {
                member.PidFd.Dispose();
            }
        }
    }

    private static Errno CheckCaller(IKernel kernel, int rootId, SafePidFdHandle root)
    {
        Errno error = kernel.PidFdSendSignal(root, 0);
        if (error == Errno.ESRCH)
        {
            return error;
        }

        for (int id = Environment.ProcessId; id > 0;)
        {
            if (id == rootId)
            {
                throw new InvalidOperationException(
                    $"Cannot be used to terminate a process tree containing the calling process: process {rootId} is it or an ancestor of it.");
            }

            error = kernel.ReadProcStat(id, out ProcStat stat);
            if (error != 0)
            {
                // An ancestor that exits meanwhile is no ancestor; without /proc of ourselves nothing can be listed.
                return id == Environment.ProcessId ? error : 0;
            }

            id = stat.ParentId;
        }

        return 0;
    }

    private void AddRoot(int id, SafePidFdHandle pidFd) => Add(new Member(id, pidFd, IsOwned: false));

    private void Add(Member member)
    {
        _members[member.Id] = member;
        _all.Add(member);
    }

    private void Stop(Member member)
    {
        Errno error = _kernel.PidFdSendSignal(member.PidFd, SignalNumbers.SigStop);
        member.IsStopped = error == 0;
        _anyRefused |= error == Errno.EPERM;
    }

    // For most it is a matter of their getting a processor, as it is for the others after them. But a parent of a vforked child that we stopped
    // stays in state D: it forks no more, but does not stop either. And who is frozen (cgroups(7)) stops when that is over. Those share limits:
    // for state D one from the start of the round, else one from when somebody was last seen to stop.
    private bool WaitUntilStopped(Member member, long roundStart, long progress)
    {
        SpinWait wait = default;
        while (_kernel.ReadProcStat(member.Id, out ProcStat stat) == 0)
        {
            member.Threads = stat.Threads;
            if ((stat.IsStopped || stat.IsZombie) && (stat.Threads <= 1 || ProcThreads.HaveStopped(_kernel, member.Id)))
            {
                return true;
            }

            if (!member.IsStopped
                || Stopwatch.GetElapsedTime(stat.State == 'D' ? roundStart : progress) > (stat.State == 'D' ? s_uninterruptibleLimit : s_stopLimit))
            {
                return false;
            }

            wait.SpinOnce();
        }

        return true;
    }

    private List<Exception> KillAll()
    {
        // Children before parents: the death of a parent can orphan their process group, and the kernel sends SIGHUP and SIGCONT to
        // the stopped members of one, which could then fork on.
        List<Exception> refused = [];
        for (int i = _all.Count - 1; i >= 0; i--)
        {
            Member member = _all[i];
            Errno error = _kernel.PidFdSendSignal(member.PidFd, SignalNumbers.SigKill);
            if (error is not (0 or Errno.ESRCH))
            {
                refused.Add(SystemCallError.SignalRefused("pidfd_send_signal", member.Id, SignalNumbers.SigKill, error));
            }
        }

        return refused;
    }

    private sealed record Member(int Id, SafePidFdHandle PidFd, bool IsOwned)
    {
        public bool IsStopped { get; set; }

        public bool HasRefused { get; set; }

        /// <summary>Gets or sets the number of threads; 0 before it was read.</summary>
        public int Threads { get; set; }
    }
}
