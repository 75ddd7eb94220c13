using PidFdProcess.Linux;

namespace PidFdProcess.Handles;

// Overview
//
// Constraints: an epoll set takes a descriptor only once, and many waits can want one process. The number of a closed descriptor comes back as
// another file, so a registered one must stay open. The event loop must not wait for a lock that is held over a blocking call.
//
// Scheme: the waits for one process form a list and share one registration. It exists from the first wait to the exit, or until the last wait
// has been cancelled, and holds a reference to the pidfd for that long. The lock is held over epoll_ctl, which does not block.

/// <summary>The registration of one pidfd in the epoll set of the event loop, with the waits that share it.</summary>
internal abstract class ExitRegistration(PidFdPlatform platform)
{
    private ExitWaiter? _first;
    private ulong _token;

    /// <summary>Gets the registry's table that the waits belong to; it can end them all.</summary>
    public abstract object Owner { get; }

    /// <summary>Gets the pidfd; the caller holds a reference.</summary>
    public abstract SafePidFdHandle PidFd { get; }

    /// <summary>Gets what this process shares: the kernel and the event loop.</summary>
    protected PidFdPlatform Platform => platform;

    /// <summary>Takes a reference that keeps the pidfd open until <see cref="Release"/>; fails if it is closed.</summary>
    public abstract bool TryAddRef();

    public abstract void Release();

    /// <summary>Reads how the process ended, once, at the earliest time. Runs no user code. The caller holds a reference.</summary>
    public abstract void CaptureExit();

    /// <summary>Adds a wait, unless it has ended before. A wait that was not added hears nothing. The caller holds a reference.</summary>
    public CallFailure Add(ExitWaiter waiter)
    {
        lock (this)
        {
            if (!waiter.IsPending)
            {
                return default;
            }

            if (_token == 0)
            {
                CallFailure failure = platform.EventLoop.Register(this, out _token);
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

    /// <summary>Takes a wait out. The last one takes the registration with it.</summary>
    public void Remove(ExitWaiter waiter)
    {
        lock (this)
        {
            if (!waiter.IsLinked)
            {
                return;
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
        }
    }

    /// <summary>The event loop has a report for the registration with this token: takes out all waits and tells each of the exit.</summary>
    /// <param name="token">The token of the report. A report for an earlier registration changes nothing.</param>
    /// <param name="late">Where to put the waits that need another look.</param>
    public void EndWithExit(ulong token, List<ExitWaiter> late)
    {
        for (ExitWaiter? waiter = TakeAll(token); waiter is not null;)
        {
            ExitWaiter? next = waiter.Next;
            waiter.Previous = waiter.Next = null;
            if (!waiter.OnExit())
            {
                late.Add(waiter);
            }

            waiter = next;
        }
    }

    /// <summary>Ends all waits without an exit.</summary>
    public void End(WaitEnd end, ulong? token = null)
    {
        for (ExitWaiter? waiter = TakeAll(token); waiter is not null;)
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
        platform.EventLoop.Unregister(this, _token);
        _token = 0;
    }
}
