using PidFdProcess.Handles;

namespace PidFdProcess.Waits;

// Overview
//
// One wait for the exit of a run, which all calls that wait for the first of several processes share.
//
// Constraints: A loop of these calls must register each process only once. A wait holds the pidfd, so a wait that no call needs any more must end,
// even if its process runs for days.
//
// Scheme: The wait stays between the calls. It counts the calls that use it. Without calls it ends when a call is cancelled, or when the attachment
// is removed or collected. If the event loop cannot register the wait, it goes on by polls, and ends as soon as no call uses it.

/// <summary>The shared wait of a run.</summary>
internal sealed class SharedExit(ProcessHandle handle) : PendingWait(handle, null!, WaitPromise.Exit)
{
    private const int Abandoned = -1;

    private int _users = 1;
    private bool _isGuarded;

    /// <summary>Uses the wait of the run, or starts one. The caller holds a reference to the handle until this method has returned.</summary>
    /// <param name="handle">The run.</param>
    public static Task Join(ProcessHandle handle)
    {
        if (handle.SharedExit is SharedExit present && present.TryJoin())
        {
            return present.Task;
        }

        SharedExit wait = new(handle);
        _ = wait.Begin(CancellationToken.None);

        // The handle is its own lock (ExitRegistration), because a program may have 10,000.
        SharedExit? other;
        lock (handle)
        {
            other = handle.SharedExit as SharedExit;
            if (other is null || !other.TryJoin())
            {
                handle.SharedExit = wait;
                return wait.Task;
            }
        }

        // Another thread was faster.
        wait.Abandon();
        return other.Task;
    }

    /// <summary>Ends the use of the wait.</summary>
    /// <param name="handle">The run.</param>
    /// <param name="exit">The task that <see cref="Join"/> has returned.</param>
    /// <param name="attachment">
    /// The attachment of the run if the next call probably comes soon. The wait then stays until the attachment is collected.
    /// </param>
    public static void Leave(ProcessHandle handle, Task exit, object? attachment = null)
    {
        if (handle.SharedExit is SharedExit wait && ReferenceEquals(wait.Task, exit) && Interlocked.Decrement(ref wait._users) == 0)
        {
            if (attachment is null || handle.IsClosing)
            {
                wait.OnClosing();
            }
            else if (wait.IsPending && !wait._isGuarded)
            {
                wait._isGuarded = true;
                IdleExit.EndWith(attachment, handle);
            }
        }
    }

    internal override bool TryEndUnused() => Interlocked.CompareExchange(ref _users, Abandoned, 0) is 0 or Abandoned;

    internal override void OnClosing()
    {
        if (Interlocked.CompareExchange(ref _users, Abandoned, 0) == 0)
        {
            Abandon();
        }
    }

    private void Abandon()
    {
        Volatile.Write(ref _users, Abandoned);
        Cancel(new CancellationToken(canceled: true));
    }

    private bool TryJoin()
    {
        int users = Volatile.Read(ref _users);
        while (users != Abandoned && !Task.IsFaulted)
        {
            int seen = Interlocked.CompareExchange(ref _users, users + 1, users);
            if (seen == users)
            {
                return true;
            }

            users = seen;
        }

        return false;
    }
}
