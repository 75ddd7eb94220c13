namespace PidFdProcess.Scopes;

// Overview
//
// Makes the processes that an exited member has left in its session members of the scope.
//
// Constraints: To find what is left in a session takes a pass over all processes. Many leaders may exit together, and each exit comes on a thread of
// the pool.
//
// Scheme: An exited member waits in a list. The first thread makes one pass for all members in the list, and repeats that until the list is empty.
// The other threads only add their members. If processes of a session may have been missed, its exited members stay, and the next pass looks for them
// again. So does the stop. After the stop there is no pass any more.

/// <summary>Makes the processes that are left in a session members, before the exited member leaves the scope.</summary>
internal sealed class LeftoverAdoption(ScopeMembers scope)
{
    private readonly object _gate = new();
    private List<ScopeMember> _exited = [];
    private List<ScopeMember> _kept = [];
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
            _isRunning = _exited.Count > 0;
            if (!_isRunning)
            {
                return [];
            }

            List<ScopeMember> exits = [.. _exited, .. _kept];
            _exited = [];
            _kept = [];
            return exits;
        }
    }

    private void AdoptFrom(List<ScopeMember> exits)
    {
        List<ScopeMember> kept = [];
        try
        {
            kept = scope.IsStopped ? [] : AdoptAndReturnKept(exits);
        }
        catch (InvalidOperationException)
        {
            // The registry was disposed. The stop still looks for the sessions.
            kept = exits;
        }
        finally
        {
            exits.Except(kept).ToList().ForEach(scope.Remove);
        }

        lock (_gate)
        {
            _kept.AddRange(kept);
        }
    }

    /// <returns>The exited members whose sessions may have processes that could not be adopted.</returns>
    private List<ScopeMember> AdoptAndReturnKept(List<ScopeMember> exits)
    {
        List<ScopeMember> members = scope.Hold();
        try
        {
            SessionLeftovers leftovers = new(scope.Runs, members, exits);
            leftovers.Open(() => scope.IsStopped);
            leftovers.Found.ForEach(scope.Adopt);
            return exits.FindAll(exited => !leftovers.IsDone(exited.SessionId));
        }
        finally
        {
            members.ForEach(static member => member.Release());
        }
    }
}
