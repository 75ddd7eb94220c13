using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using PidFdProcess.Diagnostics;
using PidFdProcess.Linux;
using PidFdProcess.Runtime;

namespace PidFdProcess.Handles;

// Overview
//
// Waits for the exits of all watched processes on one thread.
//
// Constraints: One thread serves any number of pending waits. Any delay of it delays all exits. So it waits for no lock that is held over a
// blocking call. It runs no user code unless the program asked for inline completions. It never reaps. A wait for a child ends after the runtime
// has reaped it, usually some tens of microseconds after the exit and sometimes much later. A collectible AssemblyLoadContext cannot be unloaded
// while the thread runs.
//
// Scheme: An epoll set holds the pidfd of every watched process, marked with a token. The token has the index of the slot that holds the
// registration, and counts the uses of the slot. An event whose token is of an earlier use is ignored. Registrations are one-shot, so that an exit is
// reported once even if its removal from the set failed. For each batch the thread first captures all statuses and then ends the waits, because the
// runtime reaps at the same time. A wait is late if its process has exited but not been reaped. The thread looks at late waits between two calls of
// epoll_wait, at first without a pause and then at growing intervals.
//
// The thread starts with the first registration and ends when nothing has been watched for some seconds. It also ends if epoll_wait fails. Then each
// wait goes on without the loop, and the next registration starts another thread.

/// <summary>The event loop of one kernel, with its thread and its epoll set.</summary>
internal sealed class ExitEventLoop(IKernel kernel, bool runsUserCode = false)
{
    internal const string ThreadName = "PidFdProcess exits";
    private const int BatchSize = 256;
    private const int OwnStackSize = 256 * 1024;

    // A program that unloads a collectible context waits for the end of the thread.
    private static readonly int s_idleMilliseconds = UnloadingContext.IsCollectible ? 100 : 5000;

    // Inline completions run user code, which gets the default size of the system.
    private readonly int _stackSize = runsUserCode ? 0 : OwnStackSize;

    private readonly object _gate = new();
    private readonly RegistrationSlots _slots = new();
    private SafeFileHandle? _epoll;
    private EndedOwner? _ended;

    /// <summary>Gets the number of registrations, for tests.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _slots.Count;
            }
        }
    }

    /// <summary>Starts to watch a pidfd. The registration gets a reference of its own.</summary>
    public CallFailure Register(ExitRegistration registration, out ulong token)
    {
        token = 0;
        if (!registration.TryAddRef())
        {
            return CallFailure.Because(ErrnoTable.EpollCtl, "the pidfd is closed");
        }

        CallFailure failure;
        SafeFileHandle? epoll;
        lock (_gate)
        {
            // Both under one lock. Otherwise the loop could end after it was found and before it has the slot.
            failure = EnsureStarted(out epoll);
            token = failure.IsFailure ? 0 : _slots.Take(registration);
        }

        if (!failure.IsFailure)
        {
            failure = Add(epoll!, registration.PidFd, token);
            if (failure.IsFailure)
            {
                Free(token);
                token = 0;
            }
        }

        if (failure.IsFailure)
        {
            registration.Release();
        }

        return failure;
    }

    public void Unregister(ExitRegistration registration, ulong token)
    {
        Free(token);
        try
        {
            if (_epoll is { IsClosed: false } epoll)
            {
                // Remove it explicitly, because a duplicate of the pidfd keeps the registration in the set. A failure leaves a stale token.
                _ = kernel.EpollRemove(epoll, registration.PidFd);
            }
        }
        catch (ObjectDisposedException)
        {
            // The loop has ended during the call, and its set is gone.
        }

        registration.Release();
    }

    /// <summary>Ends all waits that belong to a registry.</summary>
    public void EndAll(IWaitOwner owner)
    {
        ExitRegistration[] all;
        lock (_gate)
        {
            all = _slots.ToArray();
        }

        foreach (ExitRegistration registration in all)
        {
            if (ReferenceEquals(registration.Owner, owner))
            {
                registration.End(WaitEnd.Disposed);
            }
        }

        // The thread ends the late waits before its next look.
        lock (_gate)
        {
            _ended = _epoll is null ? null : new EndedOwner(owner, Stopwatch.GetTimestamp(), _ended);
        }
    }

    private CallFailure Add(SafeFileHandle epoll, SafePidFdHandle pidFd, ulong token)
    {
        try
        {
            return new CallFailure(ErrnoTable.EpollCtl, kernel.EpollAdd(epoll, pidFd, token));
        }
        catch (ObjectDisposedException)
        {
            // The loop has ended during the call. The next registration starts another.
            return CallFailure.Because(ErrnoTable.EpollCtl, "the event loop ended during the call");
        }
    }

    /// <summary>Starts the thread if none runs. The caller holds the lock.</summary>
    private CallFailure EnsureStarted(out SafeFileHandle? epoll)
    {
        epoll = _epoll;
        if (epoll is not null)
        {
            return default;
        }

        Errno error = kernel.EpollCreate(out SafeFileHandle created);
        if (error != 0)
        {
            return new CallFailure(ErrnoTable.EpollCreate, error);
        }

        try
        {
            new Thread(state => Run((SafeFileHandle)state!), _stackSize) { IsBackground = true, Name = ThreadName }.UnsafeStart(created);
        }
        catch (Exception e) when (ThreadShortage.IsCauseOf(e))
        {
            created.Dispose();
            return new CallFailure(ErrnoTable.Clone, Errno.EAGAIN);
        }

        epoll = _epoll = created;
        return default;
    }

    private void Run(SafeFileHandle epoll)
    {
        ulong[] tokens = new ulong[BatchSize];
        LateWaits late = new(kernel);
        for (;;)
        {
            int milliseconds = late.IsEmpty ? s_idleMilliseconds : late.SleepUntilReap(epoll);
            Errno error = kernel.EpollWait(epoll, tokens, milliseconds, out int count);
            error = error == 0 && !HaveGiven(tokens, count) ? Errno.EBADF : error;
            if (error is not (0 or Errno.EINTR))
            {
                Fail(epoll, late, error);
                return;
            }

            if (error == 0 && count > 0)
            {
                Report(tokens, count, late);
            }
            else if (late.IsEmpty && error == 0 && TryEnd(epoll))
            {
                return;
            }

            for (EndedOwner? ended = Interlocked.Exchange(ref _ended, null); ended is not null; ended = ended.Next)
            {
                late.EndAllOf(ended.Owner, ended.Time);
            }

            late.CheckReaps(epoll);
        }
    }

    private void Report(ulong[] tokens, int count, LateWaits late)
    {
        for (int i = 0; i < count; i++)
        {
            // Another thread may cancel the last wait at this moment, and close the pidfd with it.
            if (Find(tokens[i]) is { } registration && registration.TryAddRef())
            {
                registration.CaptureExit();
                registration.Release();
            }
        }

        for (int i = 0; i < count; i++)
        {
            Find(tokens[i])?.EndWithExit(tokens[i], late);
        }
    }

    /// <summary>Ends the thread if nothing is watched.</summary>
    private bool TryEnd(SafeFileHandle epoll)
    {
        lock (_gate)
        {
            if (_slots.Count > 0)
            {
                return false;
            }

            _epoll = null;
        }

        epoll.Dispose();
        return true;
    }

    private void Fail(SafeFileHandle epoll, LateWaits late, Errno error)
    {
        ExitRegistration[] all;
        lock (_gate)
        {
            all = _slots.ToArray();
            _epoll = null;
        }

        if (error is Errno.EBADF or Errno.EINVAL)
        {
            // Other code has closed the descriptor. If its number belongs to another file now, the errno is EINVAL, or the tokens are foreign.
            epoll.SetHandleAsInvalid();
        }

        epoll.Dispose();
        foreach (ExitRegistration registration in all)
        {
            registration.End(WaitEnd.LoopFailed);
        }

        late.EndAll();
    }

    private bool HaveGiven(ulong[] tokens, int count)
    {
        lock (_gate)
        {
            return _slots.HaveGiven(tokens, count);
        }
    }

    private ExitRegistration? Find(ulong token)
    {
        lock (_gate)
        {
            return _slots.Find(token);
        }
    }

    private void Free(ulong token)
    {
        lock (_gate)
        {
            _slots.Free(token);
        }
    }

    private sealed class EndedOwner(IWaitOwner owner, long time, EndedOwner? next)
    {
        public readonly IWaitOwner Owner = owner;
        public readonly long Time = time;
        public readonly EndedOwner? Next = next;
    }
}
