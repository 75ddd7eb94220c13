using PidFdProcess.Linux;


namespace PidFdProcess.Handles;

/// <summary>
/// The watch over one pidfd: a list of waiters that share one epoll registration. It exists from the first waiter to the exit
/// or to the cancellation of the last one, and holds a reference on the handle for that long, so that the number of a closed
/// descriptor cannot come back in epoll as another file.
/// </summary>
/// <param name="watcher">The thread that watches.</param>
/// <param name="pidFd">The pidfd.</param>
/// <param name="observer">Is told of the exit at once, on the watcher's thread, while the pidfd is held.</param>
/// <remarks>The lock is held over epoll_ctl, which does not block.</remarks>
internal sealed class ExitRegistration(ExitEventLoop watcher, SafePidFdHandle pidFd, IExitObserver? observer = null)
{
    private ExitWaiter? _first;

    public SafePidFdHandle PidFd { get; } = pidFd;

    /// <summary>Gets or sets the mark of the present registration; 0 is none.</summary>
    private ulong Token { get; set; }

    /// <summary>
    /// Adds a waiter, unless it was cancelled in the meantime. A waiter that was not added hears nothing; the call that failed is named.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The pidfd is closed.</exception>
    public Errno Add(ExitWaiter waiter, out string call)
    {
        call = "";
        lock (this)
        {
            if (!waiter.IsPending)
            {
                return 0;
            }

            if (Token == 0)
            {
                Errno error = watcher.Register(this, out ulong token, out call);
                if (error != 0)
                {
                    return error;
                }

                Token = token;
            }

            waiter.IsLinked = true;
            waiter.Next = _first;
            if (_first is not null)
            {
                _first.Previous = waiter;
            }

            _first = waiter;
            return 0;
        }
    }

    /// <summary>Takes a waiter out; the last one takes the registration with it.</summary>
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

            if (_first is null)
            {
                Unregister();
            }
        }
    }

    /// <summary>Ends every wait, if the token is that of the present registration and not of one gone by.</summary>
    public void End(ulong token, WaitOutcome outcome) => End(outcome, token);

    /// <summary>Ends every wait.</summary>
    public void End(WaitOutcome outcome) => End(outcome, token: null);

    private void End(WaitOutcome outcome, ulong? token)
    {
        ExitWaiter? waiter;
        lock (this)
        {
            if (Token == 0 || (token is { } expected && expected != Token))
            {
                return;
            }

            if (outcome == WaitOutcome.Exited)
            {
                observer?.OnExit();
            }

            Unregister();
            waiter = _first;
            _first = null;
            for (ExitWaiter? each = waiter; each is not null; each = each.Next)
            {
                each.IsLinked = false;
            }
        }

        while (waiter is not null)
        {
            ExitWaiter? next = waiter.Next;
            waiter.Previous = waiter.Next = null;
            waiter.Decide(outcome);
            waiter = next;
        }
    }

    private void Unregister()
    {
        watcher.Unregister(this, Token);
        Token = 0;
    }
}

/// <summary>Someone who reads what can be read of an exited process before its parent reaps it. Must not block.</summary>
internal interface IExitObserver
{
    void OnExit();
}
