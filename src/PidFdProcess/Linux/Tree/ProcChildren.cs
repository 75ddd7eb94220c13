using System.Globalization;
using System.Runtime.InteropServices;

namespace PidFdProcess.Linux;

/// <summary>
/// Lists the children of processes. If the kernel has <c>/proc/PID/task/TID/children</c> (CONFIG_PROC_CHILDREN), that is read, otherwise all of
/// <c>/proc</c> in one pass. Both are about PIDs, so the caller opens a pidfd and checks the parent afterwards.
/// </summary>
internal sealed class ProcChildren(IKernel kernel)
{
    private static readonly bool s_hasChildrenFiles =
        File.Exists(string.Create(CultureInfo.InvariantCulture, $"/proc/self/task/{Environment.ProcessId}/children"));

    private readonly List<int> _ids = [];
    private Dictionary<int, List<int>>? _byParent;

    /// <summary>Gets whether to use the children files. Tests switch them off.</summary>
    public bool UseChildrenFiles { get; init; } = s_hasChildrenFiles;

    /// <summary>
    /// Gets whether a thread has ended during the last list. If the first thread had ended before, its children belong to another thread now, whose
    /// list may have been read already.
    /// </summary>
    public bool HasLostThread { get; private set; }

    /// <summary>
    /// Whether an errno means that a process is gone, or hidden from the caller (hidepid, see <c>proc(5)</c>). Any other errno says nothing about the
    /// process.
    /// </summary>
    public static bool IsAbsent(Errno error) =>
        error != 0 && ErrnoTable.MeaningOf(ErrnoTable.Proc, error) is ErrnoMeaning.Gone or ErrnoMeaning.Hidden;

    /// <summary>Whether an errno of <c>/proc/PID</c> may mean that the process is gone. With hidepid=2 a hidden process has the same errno.</summary>
    public static bool MayBeGone(Errno error) => ErrnoTable.Means(ErrnoTable.Proc, error, ErrnoMeaning.Gone);

    /// <summary>
    /// Whether an errno of <c>/proc/PID</c> means that the process is gone. ESRCH is the answer for a process that was reaped during the read. An
    /// absent file may be hidden, so the PID is asked, too.
    /// </summary>
    public static bool IsGone(IKernel kernel, int processId, Errno error) =>
        error == Errno.ESRCH || (IsAbsent(error) && kernel.Kill(processId, 0) == Errno.ESRCH);

    /// <summary>Starts a new round, because the former lists may be out of date.</summary>
    /// <returns>The first error other than that a process is absent. The other processes are listed.</returns>
    public Errno Refresh() => UseChildrenFiles ? 0 : ListAll();

    /// <summary>Lists the children of all threads of a process.</summary>
    /// <param name="children">Where to add them.</param>
    /// <param name="processId">The process.</param>
    /// <param name="threads">How many threads it has. With one there is one file to read.</param>
    /// <returns>The first error other than that the process is absent. The children of the other threads are listed.</returns>
    public Errno AddTo(List<int> children, int processId, int threads)
    {
        HasLostThread = false;
        if (!UseChildrenFiles)
        {
            Errno listed = _byParent is null ? ListAll() : 0;
            children.AddRange(_byParent!.GetValueOrDefault(processId) ?? []);
            return listed;
        }

        if (threads == 1)
        {
            return Present(kernel.ReadProcChildren(processId, processId, children));
        }

        // If the process exits during the listing, its children get another parent.
        _ids.Clear();
        Errno error = Present(kernel.ListThreads(processId, _ids));
        for (int i = _ids.Count - 1; i >= 0; i--)
        {
            // The kernel gives the children of a thread that ends to the first thread that goes on. So the first one is read last.
            Errno read = kernel.ReadProcChildren(processId, _ids[i], children);
            HasLostThread |= MayBeGone(read);
            error = error == 0 ? Present(read) : error;
        }

        return error;
    }

    private static Errno Present(Errno error) => IsAbsent(error) ? 0 : error;

    private Errno ListAll()
    {
        _byParent = [];
        _ids.Clear();

        // Without /proc itself there is no list. That is an error, whatever the errno.
        Errno error = kernel.ListProcesses(_ids);
        foreach (int processId in _ids)
        {
            Errno read = Present(kernel.ReadProcStat(processId, out ProcStat stat));
            error = error == 0 ? read : error;
            if (read == 0 && stat.State != default)
            {
                (CollectionsMarshal.GetValueRefOrAddDefault(_byParent, stat.ParentId, out _) ??= []).Add(processId);
            }
        }

        return error;
    }
}
