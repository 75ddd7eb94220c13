using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Unicode;

namespace PidFdProcess.Linux;

/// <summary>
/// Lists the children of processes: by <c>/proc/PID/task/TID/children</c> where the kernel has it (CONFIG_PROC_CHILDREN), else by one pass over
/// <c>/proc</c> for all of them. Both are about PIDs: whoever uses an answer opens a pidfd and checks the parent afterwards.
/// </summary>
internal sealed class ProcChildren(IKernel kernel)
{
    private static readonly bool s_hasChildrenFiles =
        File.Exists(string.Create(CultureInfo.InvariantCulture, $"/proc/self/task/{Environment.ProcessId}/children"));

    private readonly byte[] _buffer = new byte[4096];
    private Dictionary<int, List<int>>? _byParent;

    /// <summary>Gets or sets whether to use the children files; tests switch them off.</summary>
    public bool UseChildrenFiles { get; init; } = s_hasChildrenFiles;

    /// <summary>Starts a new round: what was listed before may have changed.</summary>
    public void Refresh() => _byParent = UseChildrenFiles ? null : ListAll();

    /// <summary>Lists the children of a process, of all its threads.</summary>
    /// <param name="processId">The process.</param>
    /// <param name="threads">How many threads it has; with one there is one file to read.</param>
    /// <param name="children">Where to add them.</param>
    public void AddTo(List<int> children, int processId, int threads)
    {
        if (!UseChildrenFiles)
        {
            children.AddRange((_byParent ??= ListAll()).GetValueOrDefault(processId) ?? []);
        }
        else if (threads == 1)
        {
            AddOfThread(children, processId, processId);
        }
        else
        {
            // If it exits while it is listed, its children have another parent.
            foreach (int thread in ProcThreads.Enumerate(processId))
            {
                AddOfThread(children, processId, thread);
            }
        }
    }

    private void AddOfThread(List<int> children, int processId, int threadId)
    {
        Span<byte> path = stackalloc byte[64];
        Utf8.TryWrite(path, $"/proc/{processId}/task/{threadId}/children\0", out _);
        if (ProcFile.Open(path, out ProcFile file) != 0)
        {
            return;
        }

        using (file)
        {
            int id = 0;
            while (file.Read(_buffer, out int count) == 0 && count > 0)
            {
                foreach (byte digit in _buffer.AsSpan(0, count))
                {
                    if (digit != ' ')
                    {
                        id = (id * 10) + (digit - '0');
                        continue;
                    }

                    children.Add(id);
                    id = 0;
                }
            }
        }
    }

    private Dictionary<int, List<int>> ListAll()
    {
        Dictionary<int, List<int>> byParent = [];
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out int processId)
                && kernel.ReadProcStat(processId, out ProcStat stat) == 0)
            {
                (CollectionsMarshal.GetValueRefOrAddDefault(byParent, stat.ParentId, out _) ??= []).Add(processId);
            }
        }

        return byParent;
    }
}
