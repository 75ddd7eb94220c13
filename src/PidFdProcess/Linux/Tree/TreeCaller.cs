using System.ComponentModel;

namespace PidFdProcess.Linux;

/// <summary>Finds out whether the calling process is a member of a tree that is to be killed.</summary>
internal static class TreeCaller
{
    private const int NoProcess = 0;

    // Each new walk is shorter, because a process gets no new ancestors. So this bound is for a /proc that contradicts itself.
    private const int MaxWalks = 100;

    /// <summary>Throws if the calling process is a member of the tree.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="access">The access to the members.</param>
    /// <param name="root">A pidfd of the root, or <see langword="null"/> on a host without pidfds.</param>
    /// <param name="scope">Whether the root is a member.</param>
    /// <param name="isGone">Whether the root has been reaped, so that there is no tree.</param>
    /// <returns>0, or the errno if <c>/proc</c> cannot be read at all.</returns>
    /// <exception cref="InvalidOperationException">The calling process is a member of the tree.</exception>
    /// <exception cref="Win32Exception">
    /// The ancestors of the calling process cannot be read, for example out of descriptors. Nothing was killed.
    /// </exception>
    public static Errno Check(IKernel kernel, MemberAccess access, SafePidFdHandle? root, TreeScope scope, out bool isGone)
    {
        isGone = root is not null && kernel.IsReaped(root);
        if (isGone)
        {
            return 0;
        }

        int own = Environment.ProcessId;
        bool isRefused = access.RootId != own || scope == TreeScope.All;
        Errno error = Walk(access, isRefused ? access.RootId : NoProcess, null, out int id);
        if (error != 0)
        {
            // Without the file of the calling process nothing can be listed.
            return id == own && ProcChildren.IsAbsent(error) ? error : throw TreeFailures.Describe($"/proc/{id}/stat", id, id, error);
        }

        if (isRefused && id == access.RootId)
        {
            throw new InvalidOperationException(
                $"Cannot be used to terminate a process tree containing the calling process. Process {id} is that process or its ancestor.");
        }

        isGone = root is null && access.MeaningOf(access.RootId, access.ReadStat(access.RootId, out _)) == Errno.ESRCH;
        return 0;
    }

    /// <summary>Lists the calling process and its ancestors, as far as <c>/proc</c> shows them.</summary>
    public static Errno ListWithAncestors(MemberAccess access, HashSet<int> ids) => Walk(access, NoProcess, ids, out _);

    /// <summary>
    /// Whether a process that was found as a child is the calling process, which must not be signalled. It is no member then. The failure is noted,
    /// because its parent is a member.
    /// </summary>
    public static bool IsCaller(MemberAccess access, int id)
    {
        bool isCaller = id == Environment.ProcessId && !access.MayHoldCaller;
        if (isCaller)
        {
            access.Failures.Note(id, TreeCall.Bound, new InvalidOperationException("the calling process has become a descendant of the tree"));
        }

        return isCaller;
    }

    /// <summary>Reads the calling process and its ancestors, until one is the given process or the last that <c>/proc</c> shows.</summary>
    private static Errno Walk(MemberAccess access, int untilId, HashSet<int>? ids, out int id)
    {
        int own = Environment.ProcessId;
        int childId = NoProcess;
        int walks = 1;
        id = own;
        while (id != NoProcess && id != untilId)
        {
            ids?.Add(id);
            Errno error = access.ReadStat(id, out ProcStat stat);
            if (error == 0)
            {
                (childId, id) = (id, stat.ParentId);
                continue;
            }

            if (id == own || !ProcChildren.IsAbsent(error))
            {
                return error;
            }

            if (access.ReadStat(childId, out ProcStat child) == 0 && child.ParentId == id)
            {
                // The parent is alive, and /proc hides it and its ancestors.
                return 0;
            }

            // The parent has exited during the walk. The kernel has given its child another ancestor as the parent, which the walk has not seen.
            if (++walks > MaxWalks)
            {
                return error;
            }

            ids?.Clear();
            id = own;
        }

        return 0;
    }
}
