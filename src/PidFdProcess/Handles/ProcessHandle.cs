using PidFdProcess.Linux;
using PidFdProcess.Runtime;

namespace PidFdProcess.Handles;

// Overview
//
// Keeps the pidfd of a run open as long as any code needs it.
//
// Constraints: Any thread may signal, wait, detach or dispose at any time. A descriptor that was closed, and perhaps reused, must never be touched.
// Only the runtime reaps.
//
// Scheme: The reference count of the SafePidFdHandle is the only one. The attachment holds a reference, and so do each call, each pending wait and
// each registration. CloseWhenUnused releases the reference of the attachment. The last Release closes the descriptor. So a caller that holds a
// reference needs no catch for a closed handle. If no code calls it, the finalizer of this class releases that reference. The finalizer is a critical
// one, so those of the program run before it and find the pidfd open. One of them may keep the Process object. The table then has the entry of a
// closed handle, which can be closed again.

/// <summary>The pidfd of one run of a process.</summary>
internal sealed class ProcessHandle : ExitRegistration
{
    private const int ClosedByAttachment = 1;
    private const int ExitCounted = 2;
    private const int ClosePending = 4;
    private const int KernelChild = 8;
    private const int EndKnown = 16;
    private const int EndUnknown = 32;

    private ExitRecord? _exit;
    private ExitWaiter? _sharedExit;

    // All flags in one word, because a program may have 10,000 handles.
    private int _marks;

    /// <summary>
    /// Takes over the descriptor. Asks the kernel whether a fetched process is a child, because the kernel forgets that when the process is reaped.
    /// </summary>
    public ProcessHandle(int processId, SafePidFdHandle pidFd, RunIdentity run, IWaitOwner owner)
        : base(pidFd, owner)
    {
        ProcessId = processId;
        Run = run;
        if (!run.IsStarted && IsChildOf(Kernel, pidFd))
        {
            NoteChild();
        }

        // Two threads could release one reference, because the SafeHandle does not know of CloseWhenUnused.
#pragma warning disable CA1816 // The finalizer of this object takes the place of the other.
        GC.SuppressFinalize(pidFd);
#pragma warning restore CA1816
    }

    ~ProcessHandle()
    {
        // If the constructor or its caller has failed, the caller has closed the pidfd.
        if (!PidFd.IsClosed && TryMark(ClosedByAttachment))
        {
            Release();
        }
    }

    public int ProcessId { get; }

    public RunIdentity Run { get; }

    /// <summary>Gets the kernel. A caller that passes <see cref="ExitRegistration.PidFd"/> to it holds a reference.</summary>
    public IKernel Kernel => Owner.Platform.Kernel;

    /// <summary>Gets or sets a wait for the exit that several calls share.</summary>
    public ExitWaiter? SharedExit
    {
        get => Volatile.Read(ref _sharedExit);
        set => Volatile.Write(ref _sharedExit, value);
    }

    /// <summary>Gets how the process ended, as far as that is known.</summary>
    public ExitRecord? Exit => Volatile.Read(ref _exit);

    /// <summary>Gets how far the end of the run is known.</summary>
    public RunEnd RunEnd => (Volatile.Read(ref _marks) & (EndKnown | EndUnknown)) switch
    {
        0 => RunEnd.None,
        EndKnown => RunEnd.KnownToRuntime,
        _ => RunEnd.UnknownToRuntime,
    };

    /// <summary>Gets whether the attachment has released its reference, so that the last user closes the descriptor or has closed it.</summary>
    public bool IsClosing => HasMark(ClosedByAttachment);

    /// <summary>
    /// Gets whether the runtime reaps this process, because it has started it through this object or another one. A process that had been reaped
    /// before the kernel was asked counts as a non-child.
    /// </summary>
    public bool IsChild => Run.IsStarted || (HasMark(KernelChild) && RuntimeChildren.Knows(ProcessId));

    /// <summary>Gets whether asynchronous waits complete on the thread of the event loop.</summary>
    public bool CompletesInline => Owner.Platform.CompletesInline;

    /// <summary>
    /// Whether the process of a pidfd is a child that the runtime has started. The runtime alone cannot tell. It keeps the PID of a reaped
    /// child until the Process objects of that child are disposed. A non-child may have the PID before that.
    /// </summary>
    public static bool IsChildOfRuntime(IKernel kernel, SafePidFdHandle pidFd, int processId) =>
        RuntimeChildren.Knows(processId) && IsChildOf(kernel, pidFd);

    /// <summary>Notes that the kernel has called the process a child of this one.</summary>
    public void NoteChild() => TryMark(KernelChild);

    /// <summary>Releases the reference of the attachment. Calls and waits under way keep theirs.</summary>
    public void CloseWhenUnused()
    {
        if (TryMark(ClosedByAttachment))
        {
            SharedExit?.OnClosing();
#pragma warning disable CA1816 // This is what closes the object.
            GC.SuppressFinalize(this);
#pragma warning restore CA1816
            Release();
        }
    }

    /// <summary>Sends a signal. ESRCH means that the process has been reaped. A signal to a zombie succeeds without effect.</summary>
    public Errno Signal(int signal) => Kernel.PidFdSendSignal(PidFd, signal);

    /// <summary>Whether the process has been reaped, by the runtime or by any other code.</summary>
    public bool IsReaped() => Kernel.IsReaped(PidFd);

    /// <summary>
    /// Polls until the exit or until the time is over. -1 waits without end. If a signal handler interrupts the call, it is repeated.
    /// </summary>
    public CallFailure Poll(int milliseconds, out bool exited)
    {
        Errno error = TimedCalls.Poll(Kernel, PidFd, milliseconds, out exited);
        if (exited && error == 0 && Signal(0) is Errno.EBADF or Errno.EINVAL)
        {
            // The number belongs to another file, because other code has closed the pidfd.
            exited = false;
            error = Errno.EBADF;
        }

        return new CallFailure(ErrnoTable.Poll, error);
    }

    /// <summary>Polls as <see cref="Poll"/> does, and reads the status before the runtime's handler of SIGCHLD can run on this thread.</summary>
    public CallFailure PollForStatus(int milliseconds, out bool exited)
    {
        // User code must not run with the mask set, because a process that it starts would inherit it.
        using SigChldMask mask = SigChldMask.Set();
        CallFailure failure = Poll(milliseconds, out exited);
        if (exited)
        {
            CaptureExit();
        }

        return failure;
    }

    public override void CaptureExit()
    {
        if (Exit is null)
        {
            ExitRecord? record = ExitRecord.Read(Kernel, PidFd, ProcessId, out bool isChild);
            if (isChild)
            {
                NoteChild();
            }

            Interlocked.CompareExchange(ref _exit, record, null);
        }
    }

    /// <summary>Succeeds once, so that each exit is counted once in the meter.</summary>
    public bool TryCountExit() => TryMark(ExitCounted);

    /// <summary>Succeeds unless a wait for the reap is pending that closes the pidfd, so that there is one at a time.</summary>
    public bool TryBeginCloseAfterReap() => TryMark(ClosePending);

    /// <summary>Notes that the wait for the reap has ended.</summary>
    public void EndCloseAfterReap() => Interlocked.And(ref _marks, ~ClosePending);

    /// <summary>
    /// Notes that the pidfd has no more to tell, and releases the reference of the attachment. The caller holds a reference, so that the exit can be
    /// captured once more.
    /// </summary>
    public void NoteEnd(RunEnd end)
    {
        if (RunEnd == RunEnd.None)
        {
            // The kernel tells how a hidden non-child has ended after the reap alone. A call that sees the mark does not ask the kernel.
            CaptureExit();
            TryMark(end == RunEnd.KnownToRuntime ? EndKnown : EndUnknown);
        }

        CloseWhenUnused();
    }

    /// <summary>
    /// Does the same for a process that has been reaped although the runtime does not know of the exit. The runtime finds the exit of a non-child by
    /// itself. It never learns of a child that other code has reaped.
    /// </summary>
    public void NoteReaped() => NoteEnd(IsChild ? RunEnd.UnknownToRuntime : RunEnd.KnownToRuntime);

    /// <summary>Makes a duplicate that belongs to the caller.</summary>
    public Errno Duplicate(out SafePidFdHandle duplicate) => Kernel.Duplicate(PidFd, out duplicate);

    private static bool IsChildOf(IKernel kernel, SafePidFdHandle pidFd) => kernel.WaitIdNoWait(pidFd, out _, out _) == 0;

    private bool HasMark(int mark) => (Volatile.Read(ref _marks) & mark) != 0;

    /// <summary>Sets a mark. Fails if it was set. A full fence.</summary>
    private bool TryMark(int mark) => (Interlocked.Or(ref _marks, mark) & mark) == 0;
}

/// <summary>How far the end of a run is known.</summary>
internal enum RunEnd
{
    /// <summary>The run goes on, or the pidfd still has something to tell.</summary>
    None,

    /// <summary>The run has ended and the runtime knows, so the stock members work.</summary>
    KnownToRuntime,

    /// <summary>The run has ended, and the runtime will never know, because other code of this program has reaped the child.</summary>
    UnknownToRuntime,
}
