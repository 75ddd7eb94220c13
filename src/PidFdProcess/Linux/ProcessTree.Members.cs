using System.ComponentModel;

namespace PidFdProcess.Linux;

// Who is a member: found by PID, then checked by pidfd.
internal sealed partial class ProcessTree
{
    private bool _anyVanished;

    /// <summary>One pass over all members, those that it finds included. Did it find any, or may it have missed any?</summary>
    private bool AddChildrenOfAll(bool stop)
    {
        _children.Refresh();
        _anyVanished = false;
        int before = _all.Count;
        for (int i = 0; i < _all.Count; i++)
        {
            AddChildren(_all[i], stop);
        }

        return _all.Count > before || _anyVanished;
    }

    private void AddChildren(Member parent, bool stop)
    {
        _found.Clear();
        _children.AddTo(_found, parent.Id, parent.Threads);
        foreach (int id in _found)
        {
            if (!IsKnown(id) && TryOpen(id) is { } member)
            {
                Add(member);
                if (stop)
                {
                    Stop(member);
                }
            }
        }
    }

    private bool IsKnown(int id) => _members.TryGetValue(id, out Member? member) && HoldsId(member);

    /// <summary>Until it is reaped, no other process has the PID of a member.</summary>
    private bool HoldsId(Member member) => _kernel.PidFdSendSignal(member.PidFd, 0) != Errno.ESRCH;

    private Member? TryOpen(int id)
    {
        Errno error = _kernel.PidFdOpen(id, out SafePidFdHandle pidFd);
        _anyVanished |= error == Errno.ESRCH;
        if (SystemCallError.IsResource(error))
        {
            throw new Win32Exception((int)error, SystemCallError.Describe(
                $"pidfd_open of process {id}, a descendant of process {_all[0].Id}", error, "the tree may not be complete; raise RLIMIT_NOFILE and kill again"));
        }

        Member member = new(id, pidFd, IsOwned: true);
        if (error == 0 && TryGetParent(member, out int parentId))
        {
            if (!_members.TryGetValue(parentId, out Member? parent))
            {
                // Who was listed has ended, and this has its PID.
                _anyVanished = true;
            }
            else if (HoldsId(parent))
            {
                return member;
            }
        }

        pidFd.Dispose();
        return null;
    }

    private bool TryGetParent(Member member, out int parentId)
    {
        if (_kernel.PidFdGetParent(member.PidFd, out parentId) == 0)
        {
            return true;
        }

        // Before Linux 6.13. If the member has been reaped, this may be about another process under its PID. No harm: a reaped member takes
        // no signal, and what has its PID is looked at in the next pass.
        bool read = _kernel.ReadProcStat(member.Id, out ProcStat stat) == 0;
        parentId = stat.ParentId;
        return read;
    }
}
