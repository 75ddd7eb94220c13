namespace PidFdProcess.Scopes;

// Overview
//
// Makes the processes that an exited member has left in its session members of the scope.
//
// Constraints: To find what is left in a session takes a pass over all processes. Many leaders may exit together, and each exit comes on a thread of
// the pool.
//
// Scheme: An exited member waits in a list. The first thread makes one pass for all members in the list, and repeats that until the list is empty.
// The other threads only add their members. After the stop there is no pass any more.

/// <summary>Makes the processes that are left in a session members, before the exited member leaves the scope.</summary>
internal sealed class LeftoverAdoption(ScopeMembers scope)
{
    private readonly object _gate = new();
    private List<ScopeMember> _exited = [];
    private bool _isRunning;

    /// <summary>Adds a member that has exited, and adopts the processes in its session unless another thread does so.</summary>
    public void Add(ScopeMember exited)
    {
        lock (_gate)
        {
            _exited.Add(exited);
            if (_isRunning)
            {
                return;
            }

            _isRunning = true;
        }

        try
        {
            for (List<ScopeMember> exits = TakeAll(); exits.Count > 0; exits = TakeAll())
            {
                AdoptFrom(exits);
            }
        }
        catch
        {
            lock (_gate)
            {
                _isRunning = false;
            }

            throw;
        }
    }

    private List<ScopeMember> TakeAll()
    {
        lock (_gate)
        {
            List<ScopeMember> exits = _exited;
            _exited = [];
            _isRunning = exits.Count > 0;
            return exits;
        }
    }

    private void AdoptFrom(List<ScopeMember> exits)
    {
        bool areKept = false;
        try
        {
            // If descriptors are short, the exited members stay, so that a stop looks for their sessions.
            areKept = !scope.IsStopped && !TryAdoptFrom(exits);
        }
        catch (InvalidOperationException)
        {
            // The registry was disposed. A stop finds the session through the other members.
        }
        finally
        {
            if (!areKept)
            {
                exits.ForEach(scope.Remove);
            }
        }
    }

    /// <returns><see langword="false"/> if the processes cannot be listed now, because descriptors are short.</returns>
    private bool TryAdoptFrom(List<ScopeMember> exits)
    {
        List<ScopeMember> members = scope.Hold();
        try
        {
            SessionLeftovers leftovers = new(scope.Runs, members, exits);
            leftovers.Open(() => scope.IsStopped);
            leftovers.Found.ForEach(scope.Adopt);
            return leftovers.IsComplete;
        }
        finally
        {
            members.ForEach(static member => member.Release());
        }
    }
}
