using System.ComponentModel;

namespace PidFdProcess.Linux;

/// <summary>What kind of call failed for a process of a tree.</summary>
internal enum TreeCall
{
    Open,
    Stat,
    List,
    ListAll,
    ListSessions,
    Signal,
    Session,
    Bound,
}

/// <summary>What failed and has not worked since, for the report at the end of a tree's kill or stop.</summary>
internal sealed class TreeFailures
{
    public const string Message = "Not all processes in process tree could be terminated.";

    private readonly Dictionary<(int ProcessId, TreeCall Call), Exception> _failures = [];

    public int Count => _failures.Count;

    public IEnumerable<Exception> All => _failures.Values;

    public void Note(int processId, TreeCall call, Exception failure) => _failures[(processId, call)] = failure;

    /// <summary>Forgets a failure because the same call has worked for the same process.</summary>
    public void Forget(int processId, TreeCall call)
    {
        if (_failures.Count > 0)
        {
            _failures.Remove((processId, call));
        }
    }

    /// <summary>Forgets that processes could not be opened, read or signalled if they have turned out to be gone.</summary>
    public void ForgetGone(Func<int, bool> isGone)
    {
        foreach ((int ProcessId, TreeCall Call) key in _failures.Keys.Where(key =>
            key.Call is TreeCall.Open or TreeCall.Stat or TreeCall.Signal or TreeCall.Session).ToList())
        {
            if (isGone(key.ProcessId))
            {
                _failures.Remove(key);
            }
        }
    }

    /// <summary>The messages of all failures for a process.</summary>
    public IEnumerable<string> MessagesOf(int processId) =>
        _failures.Where(failure => failure.Key.ProcessId == processId).Select(static failure => failure.Value.Message);

    /// <summary>A failure for a process, or <see langword="null"/> if nothing failed for it.</summary>
    public Exception? Find(int processId) =>
        _failures.Where(failure => failure.Key.ProcessId == processId).Select(static failure => failure.Value).FirstOrDefault();

    /// <summary>The processes for which something failed.</summary>
    public IEnumerable<int> ProcessIds() => _failures.Keys.Select(static key => key.ProcessId).Distinct();

    /// <exception cref="AggregateException">There are failures.</exception>
    public void ThrowIfAny()
    {
        if (_failures.Count > 0)
        {
            throw new AggregateException(Message, _failures.Values);
        }
    }

    /// <summary>Describes a failed call by the call, the errno by name and the PID.</summary>
    public static Win32Exception Describe(string call, int processId, int rootId, Errno error) => new(
        (int)error,
        SystemCallError.Describe(
            $"{call}{Of(processId, rootId)}",
            error,
            SystemCallError.IsResource(error)
                ? "the tree may not be complete. Raise RLIMIT_NOFILE and kill again"
                : "the tree may not be complete"));

    private static string Of(int processId, int rootId) => processId switch
    {
        MemberAccess.NoRoot => "",
        _ when rootId is MemberAccess.NoRoot || processId == rootId => $" of process {processId}",
        _ => $" of process {processId}, a descendant of process {rootId}",
    };
}
