using System.ComponentModel;

namespace PidFdProcess.Linux;

/// <summary>Finds out whether the calling process is a member of a tree that is to be killed.</summary>
internal static class TreeCaller
{
    /// <summary>Throws if the calling process is a member of the tree.</summary>
    /// <returns>0, or ESRCH if the root has been reaped. Any other errno means that <c>/proc</c> cannot be read at all.</returns>
    /// <exception cref="InvalidOperationException">The calling process is a member of the tree.</exception>
    /// <exception cref="Win32Exception">
    /// The ancestors of the calling process cannot be read, for example out of descriptors. Nothing was killed.
    /// </exception>
    public static Errno Check(IKernel kernel, MemberAccess access, SafePidFdHandle? root, TreeScope scope)
    {
        if (root is not null && kernel.PidFdSendSignal(root, 0) == Errno.ESRCH)
        {
            return Errno.ESRCH;
        }

        int own = Environment.ProcessId;
        for (int id = own; id > 0;)
        {
            if (id == access.RootId && (id != own || scope == TreeScope.All))
            {
                throw new InvalidOperationException(
                    $"Cannot be used to terminate a process tree containing the calling process. Process {id} is that process or its ancestor.");
            }

            Errno error = access.ReadStat(id, out ProcStat stat);
            if (ProcChildren.IsAbsent(error))
            {
                // A process that exits during the walk is no ancestor any more. Without the file of the calling process nothing can be listed.
                return id == own ? error : 0;
            }

            if (error != 0)
            {
                throw TreeFailures.Describe($"/proc/{id}/stat", id, id, error);
            }

            id = stat.ParentId;
        }

        return root is null && access.ReadStat(access.RootId, out _) == Errno.ENOENT ? Errno.ESRCH : 0;
    }

    /// <summary>Lists the calling process and its ancestors, as far as <c>/proc</c> shows them.</summary>
    public static Errno ListWithAncestors(MemberAccess access, HashSet<int> ids)
    {
        for (int id = Environment.ProcessId; id > 0;)
        {
            ids.Add(id);
            Errno error = access.ReadStat(id, out ProcStat stat);
            if (error != 0)
            {
                return id == Environment.ProcessId || !ProcChildren.IsAbsent(error) ? error : 0;
            }

            id = stat.ParentId;
        }

        return 0;
    }
}
