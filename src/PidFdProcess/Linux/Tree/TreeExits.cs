namespace PidFdProcess.Linux;

/// <summary>
/// Waits for exits of members, on the calling thread. It polls their pidfds, and reads <c>/proc/PID/stat</c> of members without one.
/// </summary>
internal sealed class TreeExits(TreeMembers members, IKernel kernel)
{
    // For members without a pidfd there is nothing to wait on.
    private const int MaxWaitWithoutPidFds = 10;

    private readonly List<TreeMember> _waited = [];
    private SafePidFdHandle[] _pidFds = [];
    private bool[] _exited = [];

    /// <summary>Waits until a member exits, at most for some time, and marks the members that have exited.</summary>
    /// <returns>Whether any member is newly seen to have exited.</returns>
    public bool Wait(int milliseconds)
    {
        bool hasUnheld = CollectPidFds();
        int wait = hasUnheld ? Math.Min(milliseconds, MaxWaitWithoutPidFds) : milliseconds;
        if (_waited.Count > 0)
        {
            Errno error = Poll(wait);
            if (error == Errno.EINTR)
            {
                // Callers wait again until their time is over.
                return false;
            }

            if (error == 0)
            {
                bool any = NoteExits();
                return (hasUnheld && UpdateAll()) || any;
            }
        }

        // There is no pidfd to poll, or the poll failed, for example because the limit of descriptors was lowered.
        if (wait > 0)
        {
            TreePace.Sleep(Math.Min(wait, MaxWaitWithoutPidFds));
        }
        else
        {
            Thread.Yield();
        }

        return UpdateAll();
    }

    private Errno Poll(int milliseconds)
    {
        Errno error;
        do
        {
            error = kernel.PollAny(_pidFds, _waited.Count, milliseconds, _exited);
        }
        while (error == Errno.EINTR && milliseconds == 0);
        return error;
    }

    private bool NoteExits()
    {
        bool any = false;
        for (int i = 0; i < _waited.Count; i++)
        {
            _waited[i].HasExited = _exited[i];
            any |= _exited[i];
        }

        return any;
    }

    private bool CollectPidFds()
    {
        _waited.Clear();
        bool hasUnheld = false;
        foreach (TreeMember member in members.All)
        {
            if (!member.HasExited && member.PidFd is not null)
            {
                _waited.Add(member);
            }

            hasUnheld |= !member.HasExited && member.PidFd is null;
        }

        if (_pidFds.Length < _waited.Count)
        {
            _pidFds = new SafePidFdHandle[_waited.Count * 2];
            _exited = new bool[_waited.Count * 2];
        }

        for (int i = 0; i < _waited.Count; i++)
        {
            _pidFds[i] = _waited[i].PidFd!;
        }

        return hasUnheld;
    }

    private bool UpdateAll()
    {
        bool any = false;
        foreach (TreeMember member in members.All)
        {
            if (!member.HasExited)
            {
                members.Access.Update(member);
                any |= member.HasExited;
            }
        }

        return any;
    }
}
