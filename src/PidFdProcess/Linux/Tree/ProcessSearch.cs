namespace PidFdProcess.Linux;

/// <summary>What a search has seen of a listed process.</summary>
internal enum ProcessLook
{
    /// <summary>The process is alive, or none of its children is looked for. The search does not look at it again.</summary>
    Done,

    /// <summary>The process has exited, but has not been reaped. It may have left a child that is not in the list.</summary>
    Exited,

    /// <summary>The process has gone, so it is not known whether it has left such a child.</summary>
    Gone,
}

// Overview
//
// Looks at all processes, and misses none that a listed process starts before it exits.
//
// Constraints: /proc is listed first and read second. Until a listed process is read, it may start a child and exit. The child is not in the list. On
// a busy machine processes come and go all the time.
//
// Scheme: If a listed process has exited before the look at it, the processes are listed again. The search looks at each process only once, so
// each further list costs little more than itself. The number of lists is bounded.

/// <summary>A search through all processes. The object may be used for several searches, one after the other.</summary>
internal sealed class ProcessSearch
{
    private const int MaxLists = 20;

    private readonly List<int> _ids = [];
    private readonly HashSet<int> _done = [];

    /// <summary>Looks at all processes.</summary>
    /// <param name="list">Adds the PIDs of all processes to a list.</param>
    /// <param name="look">Looks at one process.</param>
    /// <returns><see langword="false"/> if a process had gone before the look at it in each list, so that others may have been missed.</returns>
    public bool Run(Action<List<int>> list, Func<int, ProcessLook> look)
    {
        _done.Clear();
        for (int lists = 0; lists < MaxLists; lists++)
        {
            _ids.Clear();
            list(_ids);
            bool isComplete = true;
            foreach (int id in _ids)
            {
                if (_done.Contains(id))
                {
                    continue;
                }

                ProcessLook seen = look(id);
                isComplete &= seen == ProcessLook.Done;
                if (seen != ProcessLook.Gone)
                {
                    _done.Add(id);
                }
            }

            if (isComplete)
            {
                return true;
            }
        }

        return false;
    }
}
