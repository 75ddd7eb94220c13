using PidFdProcess.Handles;

namespace PidFdProcess.Waits;

// Overview
//
// One wait for the exit of a run, which all calls that wait for the first of several processes share.
//
// Constraints: A loop of these calls must register each process only once. A wait holds the pidfd, so a wait that no call needs any more must end,
// even if its process runs for days.
//
// Scheme: The wait stays between the calls. It counts the calls that use it. Without calls it ends when a call is cancelled or the attachment is
// removed.

/// <summary>The shared wait of a run.</summary>
internal sealed class SharedExit(ProcessHandle handle) : PendingWait(handle, null!, WaitPromise.Exit)
{
    private const int Abandoned = -1;

    private int _users = 1;

    /// <summary>Uses the wait of the run, or starts one. The caller holds a reference to the handle until this method has returned.</summary>
    /// <param name="handle">The run.</param>
    /// <param name="cancellationToken">Ends the polls if the event loop cannot register the wait. They belong to this call alone.</param>
    public static Task Join(ProcessHandle handle, CancellationToken cancellationToken)
    {
        if (handle.SharedExit is SharedExit present && present.TryJoin())
        {
            return present.Task;
        }

        SharedExit wait = new(handle);
        if (wait.Begin(CancellationToken.None).IsFailure)
        {
            return PollLoop.HoldUntilExitAsync(handle, cancellationToken);
        }

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
    /// <param name="isLoop">Whether the next call probably comes soon.</param>
    public static void Leave(ProcessHandle handle, Task exit, bool isLoop)
    {
        if (handle.SharedExit is SharedExit wait && ReferenceEquals(wait.Task, exit)
            && Interlocked.Decrement(ref wait._users) == 0
            && (!isLoop || handle.IsClosing))
        {
            wait.OnClosing();
        }
    }

    internal override void OnClosing()
    {
        if (Interlocked.CompareExchange(ref _users, Abandoned, 0) == 0)
        {
            Abandon();
        }
    }

    private void Abandon() => Cancel(new CancellationToken(canceled: true));

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
