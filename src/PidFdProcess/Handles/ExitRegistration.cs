using System.Diagnostics;
using System.Runtime.ConstrainedExecution;
using PidFdProcess.Linux;

namespace PidFdProcess.Handles;

// Overview
//
// Lets many waits for one process share one place in the epoll set.
//
// Constraints: An epoll set takes a descriptor only once, but many waits may want one process. The number of a closed descriptor comes back as
// another file, so a registered descriptor must stay open. The event loop must not wait for a lock that is held over a blocking call.
//
// Scheme: The waits for one process form a list and share one registration. It exists from the first wait until the exit, or until the last wait was
// cancelled. As long as it exists, it holds a reference to the pidfd. The lock is held over epoll_ctl, which does not block. The object is its own
// lock, because a program may have 10,000 of them.

/// <summary>The registration of one pidfd in the epoll set of the event loop, with the waits that share it.</summary>
internal abstract class ExitRegistration(SafePidFdHandle pidFd, IWaitOwner owner) : CriticalFinalizerObject
{
    private ExitWaiter? _first;
    private ulong _token;

    /// <summary>Gets the table that the waits belong to, and that can end them all.</summary>
    public IWaitOwner Owner => owner;

    /// <summary>Gets the pidfd. The caller holds a reference.</summary>
    public SafePidFdHandle PidFd => pidFd;

    /// <summary>Takes a reference that keeps the pidfd open until <see cref="Release"/>. Fails if the pidfd is closed.</summary>
    public bool TryAddRef()
    {
        if (pidFd.IsClosed)
        {
            return false;
        }

        try
        {
            bool isReferenced = false;
            pidFd.DangerousAddRef(ref isReferenced);
            return true;
        }
        catch (ObjectDisposedException)
        {
            // Another thread has just released the last reference.
            return false;
        }
    }

    public void Release() => pidFd.DangerousRelease();

    /// <summary>Reads how the process ended unless that is known. Runs no user code. The caller holds a reference.</summary>
    public abstract void CaptureExit();

    /// <summary>
    /// Adds a wait, unless the wait has ended. None of its methods is called if it was not added. If the table was disposed before, the wait ends at
    /// once, because the disposal can no longer see it. The caller holds a reference.
    /// </summary>
    public CallFailure Add(ExitWaiter waiter)
    {
        CallFailure failure = Link(waiter);
        if (owner.IsDisposed && Remove(waiter))
        {
            waiter.OnEnd(WaitEnd.Disposed);
        }

        return failure;
    }

    private CallFailure Link(ExitWaiter waiter)
    {
        lock (this)
        {
            if (!waiter.IsPending)
            {
                return default;
            }

            if (_token == 0)
            {
                CallFailure failure = owner.Platform.EventLoop.Register(this, out _token);
                if (failure.IsFailure)
                {
                    return failure;
                }
            }

            waiter.IsLinked = true;
            waiter.Next = _first;
            if (_first is not null)
            {
                _first.Previous = waiter;
            }

            _first = waiter;
            return default;
        }
    }

    /// <summary>Removes a wait. With the last wait the registration ends.</summary>
    /// <returns><see langword="false"/> if the wait was not in the list.</returns>
    public bool Remove(ExitWaiter waiter)
    {
        lock (this)
        {
            if (!waiter.IsLinked)
            {
                return false;
            }

            waiter.IsLinked = false;
            if (waiter.Previous is null)
            {
                _first = waiter.Next;
            }
            else
            {
                waiter.Previous.Next = waiter.Next;
            }

            if (waiter.Next is not null)
            {
                waiter.Next.Previous = waiter.Previous;
            }

            waiter.Previous = waiter.Next = null;
            if (_first is null)
            {
                Unregister();
            }

            return true;
        }
    }

    /// <summary>Removes all waits and tells each of them of the exit, because the event loop has a report with this token.</summary>
    /// <param name="token">The token of the report. A report for an earlier registration changes nothing.</param>
    /// <param name="late">Where to put the waits that need another look.</param>
    public void EndWithExit(ulong token, LateWaits late)
    {
        // Read before the waits leave the list. A table that is disposed from now on does not find them. It ends the waits that were late at that
        // time, and must end these, too.
        long since = Stopwatch.GetTimestamp();
        for (ExitWaiter? waiter = TakeAll(token); waiter is not null;)
        {
            ExitWaiter? next = waiter.Next;
            waiter.Previous = waiter.Next = null;
            if (!waiter.OnExit())
            {
                late.Add(waiter, this, since);
            }

            waiter = next;
        }
    }

    /// <summary>Ends all waits without an exit.</summary>
    public void End(WaitEnd end)
    {
        for (ExitWaiter? waiter = TakeAll(token: null); waiter is not null;)
        {
            ExitWaiter? next = waiter.Next;
            waiter.Previous = waiter.Next = null;
            waiter.OnEnd(end);
            waiter = next;
        }
    }

    private ExitWaiter? TakeAll(ulong? token)
    {
        lock (this)
        {
            if (_token == 0 || (token is { } expected && expected != _token))
            {
                return null;
            }

            ExitWaiter? first = _first;
            _first = null;
            for (ExitWaiter? each = first; each is not null; each = each.Next)
            {
                each.IsLinked = false;
            }

            Unregister();
            return first;
        }
    }

    private void Unregister()
    {
        owner.Platform.EventLoop.Unregister(this, _token);
        _token = 0;
    }
}
