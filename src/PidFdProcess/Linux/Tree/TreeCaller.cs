using System.ComponentModel;

namespace PidFdProcess.Linux;

/// <summary>Finds out whether the calling process is a member of a tree that is to be killed.</summary>
internal static class TreeCaller
{
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

        isGone = root is null && access.ReadStat(access.RootId, out _) == Errno.ENOENT;
        return 0;
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
