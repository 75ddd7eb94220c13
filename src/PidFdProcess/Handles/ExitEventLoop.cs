using Microsoft.Win32.SafeHandles;
using PidFdProcess.Linux;

namespace PidFdProcess.Handles;

// Overview
//
// Constraints: one thread for any number of pending waits. It never runs user code, unless the program asked for inline completions, and
// never waits for a lock that is held over a blocking call, or one slow continuation would delay every other exit. It never reaps.
//
// Scheme: an epoll set holds the pidfd of every watched process, marked with a token: the index of a slot that holds the
// ExitRegistration, and the number of the slot's use. An event whose token is that of an earlier use is stale and ignored.
// Registrations are one-shot, so that an exit is reported once even if taking it out of the set failed. The thread starts with
// the first registration, is a background thread, and ends only if epoll_wait fails, which it does not on a healthy
// kernel; then all waits move to stock and the next registration starts anew.
internal sealed class ExitEventLoop(IKernel kernel, bool runsUserCode = false)
{
    private const int BatchSize = 256;
    private const int OwnStackSize = 256 * 1024;

    // User code gets the default of the system.
    private readonly int _stackSize = runsUserCode ? 0 : OwnStackSize;

    private readonly object _gate = new();
    private Slot[] _slots = new Slot[16];
    private int _usedSlots;
    private int _firstFree = -1;
    private SafeFileHandle? _epoll;

    /// <summary>Gets the number of registrations, for tests.</summary>
    public int Count { get; private set; }

    /// <summary>Starts to watch; if that fails, tells by which call.</summary>
    public Errno Register(ExitRegistration watch, out ulong token, out string call)
    {
        token = 0;
        bool referenced = false;
        watch.PidFd.DangerousAddRef(ref referenced);
        Errno error;
        SafeFileHandle? epoll;
        lock (_gate)
        {
            // At once, so that a watcher that gives up either finds the slot or is not found by it.
            error = EnsureStarted(out epoll, out call);
            token = error == 0 ? TakeSlot(watch) : 0;
        }

        if (error == 0)
        {
            call = "epoll_ctl";
            error = Add(epoll!, watch.PidFd, token);
            if (error != 0)
            {
                FreeSlot(token);
                token = 0;
            }
        }

        if (error != 0)
        {
            watch.PidFd.DangerousRelease();
        }

        return error;
    }

    public void Unregister(ExitRegistration watch, ulong token)
    {
        FreeSlot(token);
        try
        {
            if (_epoll is { IsClosed: false } epoll)
            {
                // Explicitly, not by closing the pidfd: a duplicate of it keeps the registration in the set.
                // A failure leaves a stale token.
                _ = kernel.EpollRemove(epoll, watch.PidFd);
            }
        }
        catch (ObjectDisposedException)
        {
            // The watcher has given up meanwhile, and its set is gone.
        }

        watch.PidFd.DangerousRelease();
    }

    private Errno Add(SafeFileHandle epoll, SafePidFdHandle pidFd, ulong token)
    {
        try
        {
            return kernel.EpollAdd(epoll, pidFd, token);
        }
        catch (ObjectDisposedException)
        {
            // The watcher has given up meanwhile; the next registration starts another.
            return Errno.EAGAIN;
        }
    }

    /// <summary>Under the lock.</summary>
    private Errno EnsureStarted(out SafeFileHandle? epoll, out string call)
    {
        call = "epoll_create1";
        epoll = _epoll;
        if (epoll is not null)
        {
            return 0;
        }

        Errno error = kernel.EpollCreate(out SafeFileHandle created);
        if (error != 0)
        {
            return error;
        }

        try
        {
            new Thread(state => Watch((SafeFileHandle)state!), _stackSize) { IsBackground = true, Name = "PidFdProcess exit watcher" }
                .UnsafeStart(created);
        }
        catch (Exception e) when (e is ThreadStartException or OutOfMemoryException)
        {
            created.Dispose();
            call = "clone";
            return Errno.EAGAIN;
        }

        epoll = _epoll = created;
        return 0;
    }

    private void Watch(SafeFileHandle epoll)
    {
        ulong[] tokens = new ulong[BatchSize];
        Errno error;
        do
        {
            error = kernel.EpollWait(epoll, tokens, milliseconds: -1, out int count);
            for (int i = 0; error == 0 && i < count; i++)
            {
                Find(tokens[i])?.End(tokens[i], WaitOutcome.Exited);
            }
        }
        while (error is 0 or Errno.EINTR);

        Fail(epoll);
    }

    private void Fail(SafeFileHandle epoll)
    {
        Slot[] slots;
        lock (_gate)
        {
            slots = _slots[.._usedSlots];
            _epoll = null;
        }

        epoll.Dispose();
        for (int i = 0; i < slots.Length; i++)
        {
            slots[i].Watch?.End(Token(i, slots[i].Use), WaitOutcome.Failed);
        }
    }

    private ExitRegistration? Find(ulong token)
    {
        lock (_gate)
        {
            ref Slot slot = ref _slots[IndexOf(token)];
            return slot.Use == UseOf(token) ? slot.Watch : null;
        }
    }

    /// <summary>Under the lock.</summary>
    private ulong TakeSlot(ExitRegistration watch)
    {
        int index = _firstFree;
        if (index >= 0)
        {
            _firstFree = _slots[index].NextFree;
        }
        else
        {
            index = _usedSlots++;
            if (index == _slots.Length)
            {
                Array.Resize(ref _slots, index * 2);
            }
        }

        Count++;
        ref Slot slot = ref _slots[index];
        slot.Watch = watch;
        return Token(index, ++slot.Use);
    }

    private void FreeSlot(ulong token)
    {
        lock (_gate)
        {
            Count--;
            ref Slot slot = ref _slots[IndexOf(token)];
            slot.Watch = null;
            slot.NextFree = _firstFree;
            _firstFree = IndexOf(token);
        }
    }

    // A use counts from 1, so no token is 0.
    private static ulong Token(int index, uint use) => ((ulong)use << 32) | (uint)index;

    private static int IndexOf(ulong token) => (int)(uint)token;

    private static uint UseOf(ulong token) => (uint)(token >> 32);

    private struct Slot
    {
        public ExitRegistration? Watch;
        public uint Use;
        public int NextFree;
    }
}
