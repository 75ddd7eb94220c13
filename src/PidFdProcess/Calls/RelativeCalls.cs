using System.Diagnostics;
using PidFdProcess.Attachments;
using PidFdProcess.Handles;
using PidFdProcess.Linux;
using PidFdProcess.Runtime;
using PidFdProcess.Waits;

namespace PidFdProcess.Calls;

// Overview
//
// Opens the children and descendants of a process, and waits for a whole tree.
//
// Constraints: A list of children has only PIDs. The kernel has no event for a new process, so a process must be listed while its parent lives.
//
// Scheme: The members of a tree are found and checked as for a tree kill (TreeMembers). A Process object takes over the pidfd of its member. If
// descriptors are short or pidfds do not work, the PID and the start time are compared instead.

/// <summary>The public calls that open or await the children and descendants of a process.</summary>
internal static class RelativeCalls
{
    private const int MaxPasses = 20;
    private const int FirstPause = 1;
    private const int LongestPause = 20;

    // A large tree is listed less often, so that the lists take at most a twentieth of a processor.
    private const int PauseForListing = 20;

    // A tree may start processes faster than they are listed.
    private static readonly TimeSpan s_longestPass = TimeSpan.FromSeconds(1);

    /// <summary>Opens the children or all descendants that have not exited.</summary>
    public static Process[] Open(AttachmentTable runs, Process process, bool all)
    {
        ArgumentNullException.ThrowIfNull(process);
        IdentityCalls.RequireLinux();
        using PinnedRun run = PinnedRun.Of(runs, process);
        RootStart rootStart = run.ReadStart();
        if (run.HasLostId())
        {
            return [];
        }

        using TreeMembers members = MembersOf(run, rootStart, mayHoldCaller: true);
        long start = Stopwatch.GetTimestamp();
        for (int pass = 0; pass < MaxPasses && AddRelatives(members, all) && Stopwatch.GetElapsedTime(start) < s_longestPass; pass++)
        {
        }

        ThrowIfIncomplete(members, run.Attachment.ProcessId);
        return OpenAll(runs, members);
    }

    /// <summary>Waits until the process and its descendants have exited, including processes that start during the wait.</summary>
    public static Task WaitForTreeExitAsync(AttachmentTable runs, Process process, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(process);
        return WaitAsync(runs, process, cancellationToken);
    }

    private static async Task WaitAsync(AttachmentTable runs, Process process, CancellationToken cancellationToken)
    {
        IdentityCalls.RequireLinux();
        using PinnedRun run = PinnedRun.Of(runs, process);
        RootStart rootStart = run.ReadStart();
        if (!run.HasLostId())
        {
            using TreeMembers members = MembersOf(run, rootStart, mayHoldCaller: false);
            ThrowIfOwnTree(members);
            members.Access.MayDropLiving = true;
            int pause = FirstPause;
            for (;;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                long start = Stopwatch.GetTimestamp();
                bool found = members.AddChildrenOfAll(static _ => { }, TimeLimit.DeadlineIn(s_longestPass));
                members.All.ForEach(member => Update(members, member));
                members.RemoveReaped();
                if (!found && members.All.TrueForAll(static member => member.HasExited))
                {
                    break;
                }

                pause = found ? FirstPause : Math.Min(pause * 2, LongestPause);
                TimeSpan listing = Stopwatch.GetElapsedTime(start) * PauseForListing;
                TimeSpan limit = TimeSpan.FromMilliseconds(pause);
                await PauseAsync(run, members, listing > limit ? listing : limit, cancellationToken).ConfigureAwait(false);
            }

            ThrowIfIncomplete(members, run.Attachment.ProcessId);
        }

        await AsyncWait.WaitForExitAsync(run, WaitPromise.StockStateAndOutput, cancellationToken).ConfigureAwait(false);
    }

    /// <exception cref="PlatformNotSupportedException">There is no <c>/proc</c> to list the tree from.</exception>
    /// <exception cref="System.ComponentModel.Win32Exception"><c>/proc</c> cannot be read because a resource is short.</exception>
    private static TreeMembers MembersOf(in PinnedRun run, RootStart rootStart, bool mayHoldCaller)
    {
        SafePidFdHandle? root = run.Handle?.PidFd;
        MemberAccess access = new(run.Kernel, byPid: root is null, run.Attachment.ProcessId) { MayHoldCaller = mayHoldCaller };
        Errno error = access.ReadStat(Environment.ProcessId, out _);
        if (error == 0 && SystemCallError.IsResource(rootStart.Error))
        {
            // No process is known to be the root, so a wait for its tree would not end.
            error = rootStart.Error;
        }

        return error == 0
            ? new TreeMembers(access, root, new ProcChildren(run.Kernel), rootStart)
            : throw SystemCallError.NoAnswer($"The descendants of process {run.Attachment.ProcessId} cannot be listed", ErrnoTable.Proc, error);
    }

    private static void ThrowIfOwnTree(TreeMembers members)
    {
        HashSet<int> own = [];
        _ = TreeCaller.ListWithAncestors(members.Access, own);
        if (own.Contains(members.Root.Id))
        {
            throw new InvalidOperationException(
                $"The exit of the tree of process {members.Root.Id} cannot be awaited, because the calling process is in this tree.");
        }
    }

    /// <summary>Lists the relatives once. Returns whether another pass is needed.</summary>
    private static bool AddRelatives(TreeMembers members, bool all)
    {
        if (all)
        {
            return members.AddChildrenOfAll(static _ => { }, TimeLimit.DeadlineIn(s_longestPass));
        }

        members.Access.Update(members.Root);
        return members.AddChildrenOfOne(members.Root, static _ => { });
    }

    private static Process[] OpenAll(AttachmentTable runs, TreeMembers members)
    {
        List<Process> processes = [];
        try
        {
            foreach (TreeMember member in members.All)
            {
                Update(members, member);
                if (!member.IsRoot && !member.HasExited && OpenMember(runs, member) is { } process)
                {
                    processes.Add(process);
                }
            }

            return [.. processes];
        }
        catch
        {
            processes.ForEach(process => FindCalls.Close(runs, process));
            throw;
        }
    }

    private static Process? OpenMember(AttachmentTable runs, TreeMember member)
    {
        try
        {
            if (member.TakePidFd() is { } pidFd)
            {
                return OpenCalls.OpenOwned(runs, member.Id, pidFd);
            }
        }
        catch (ArgumentException)
        {
            // The process has just been reaped.
            return null;
        }

        if (FindCalls.Find(runs, member.Id) is not { } process)
        {
            return null;
        }

        bool isMember = false;
        try
        {
            isMember = StartTime.Is(runs.Platform.Kernel, member.Id, (ulong)member.StartTicks)
                ?? throw SystemCallError.Failed(ErrnoTable.Proc, Errno.EACCES);
            if (!isMember)
            {
                return null;
            }

            FindCalls.NoteStart(runs, process, member.StartTicks);
            return process;
        }
        finally
        {
            if (!isMember)
            {
                FindCalls.Close(runs, process);
            }
        }
    }

    /// <summary>Checks whether a member has exited. The pidfd answers even if <c>/proc</c> hides the process.</summary>
    private static void Update(TreeMembers members, TreeMember member)
    {
        members.Access.Update(member);
        if (!member.HasExited && member.PidFd is { } pidFd)
        {
            member.HasExited = members.Access.HasExited(pidFd);
        }
    }

    // Waits for one process at a time. When only one process is left, it is the awaited one, so the end of the tree is noticed at once.
    private static Task PauseAsync(in PinnedRun run, TreeMembers members, TimeSpan limit, CancellationToken cancellationToken)
    {
        TreeMember? waited = members.All.Find(static member => !member.HasExited && member.PidFd is not null);
        return waited switch
        {
            null => Pause.ForAsync(limit, cancellationToken),
            { IsRoot: true } => ExitPause.WaitAsync(run.Handle!, limit, cancellationToken),
            _ => ExitPause.WaitAsync(new DescriptorExit(waited.PidFd!, run.Runs), limit, cancellationToken),
        };
    }

    private static void ThrowIfIncomplete(TreeMembers members, int processId)
    {
        members.ForgetGone();
        if (members.Access.Failures.Count > 0)
        {
            throw new AggregateException($"Not all descendants of process {processId} could be found.", members.Access.Failures.All);
        }
    }
}
