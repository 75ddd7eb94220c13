using System.ComponentModel;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using PidFdProcess.Calls;
using Signum = Mono.Unix.Native.Signum;

namespace PidFdProcess;

/// <summary>
/// Kills and waits for <see cref="Process"/> through pidfds. Each method attaches the process to
/// <see cref="ProcessHandleRegistry.Default"/> at first use. Where pidfds do not work, it does what the stock method does.
/// </summary>
/// <remarks>
/// All methods may be called from any thread, also while another thread disposes the object. Each means the run that the object has when the call
/// begins. A wait that finds the exit raises <see cref="Process.Exited"/> where the stock wait does. A kill, a signal and an attachment
/// raise nothing.
/// </remarks>
public static class ProcessPidFdExtensions
{
    /// <summary>
    /// Kills the process by <c>pidfd_send_signal(2)</c> with SIGKILL, and never another process that got the same PID. Does not wait for the
    /// exit. Does nothing if the process has exited.
    /// </summary>
    /// <param name="process">The process.</param>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">The object has no process: it has not been started, or was closed.</exception>
    /// <exception cref="Win32Exception">
    /// The process may not be signalled (EPERM, or EACCES of a security module, in <see cref="Win32Exception.NativeErrorCode"/>).
    /// </exception>
    /// <remarks>Without pidfd: <see cref="Process.Kill()"/>, which signals the process that has the PID.</remarks>
    public static void KillViaPidFd(this Process process) => ProcessHandleRegistry.Default.Kill(process);

    /// <summary>
    /// Kills the process, and if asked to, its descendants: children, their children and so on. A tree that forks during the call does not escape.
    /// </summary>
    /// <param name="process">The process.</param>
    /// <param name="entireProcessTree"><see langword="true"/> to kill the descendants, too.</param>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">The object has no process, or the calling process is in the tree.</exception>
    /// <exception cref="AggregateException">Some of the tree may not be signalled, or were not found. All others were killed.</exception>
    /// <exception cref="Win32Exception">The process may not be signalled (EPERM or EACCES).</exception>
    /// <remarks>
    /// <para>
    /// Opens a pidfd for each descendant, checks its parent afterwards, stops it, and lists again until no new one appears. Then it kills all. See
    /// <c>pidfd_open(2)</c> and <c>proc_pid_task(5)</c>. The number of rounds and their time are bounded. Does nothing if the process
    /// has exited, because its children have another parent then. In the same way a descendant whose own parent had exited before
    /// (a daemon) is not part of the tree, nor is it for the stock method.
    /// </para>
    /// <para>Without pidfd, or without a <c>/proc</c> for this PID namespace: <see cref="Process.Kill(bool)"/>.</para>
    /// </remarks>
    public static void KillViaPidFd(this Process process, bool entireProcessTree) =>
        ProcessHandleRegistry.Default.Kill(process, entireProcessTree);

    /// <summary>Sends a signal by <c>pidfd_send_signal(2)</c>, and never to another process that got the same PID.</summary>
    /// <param name="process">The process.</param>
    /// <param name="signal">
    /// The signal. Positive values are the raw numbers of Linux, real-time signals included. 0 only looks whether the process is there.
    /// </param>
    /// <returns>
    /// <see langword="true"/> if it was sent; <see langword="false"/> if the process has exited. A zombie that its parent has not reaped yet
    /// takes signals, to no effect.
    /// </returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">No signal has this number; nothing was called.</exception>
    /// <exception cref="InvalidOperationException">The object has no process: it has not been started, or was closed.</exception>
    /// <exception cref="Win32Exception">The process may not be signalled (EPERM or EACCES).</exception>
    /// <exception cref="PlatformNotSupportedException">On Windows, for any signal but SIGKILL.</exception>
    /// <remarks>
    /// Without pidfd: <c>kill(2)</c>, after the runtime was asked whether the process has exited; on Windows SIGKILL is <see cref="Process.Kill()"/>.
    /// </remarks>
    public static bool SignalViaPidFd(this Process process, PosixSignal signal) => ProcessHandleRegistry.Default.Signal(process, signal);

    /// <inheritdoc cref="SignalViaPidFd(Process, PosixSignal)"/>
    public static bool SignalViaPidFd(this Process process, Signum signal) => ProcessHandleRegistry.Default.Signal(process, signal);

    /// <summary>
    /// Blocks until the process has exited, and until the end of streams that are read with
    /// <see cref="Process.BeginOutputReadLine"/> or <see cref="Process.BeginErrorReadLine"/>.
    /// </summary>
    /// <param name="process">The process.</param>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">The object has no process: it has not been started, or was closed.</exception>
    /// <remarks>
    /// <para>
    /// Blocks in <c>poll(2)</c> on the calling thread. When it returns for a child, <see cref="Process.HasExited"/>,
    /// <see cref="Process.ExitCode"/> and <see cref="Process.ExitTime"/> work. If the runtime has not reaped the child 10 s after its exit, because
    /// other code has taken over SIGCHLD or holds the runtime's lock, the wait ends nevertheless, with the event <c>ReapOverdue</c>. For any
    /// other process it returns at the exit, while <see cref="Process.HasExited"/> turns <see langword="true"/> only when the parent of that
    /// process has reaped it. <see cref="Thread.Interrupt"/> does not end it. For the exit alone see
    /// <see cref="ProcessOutputExtensions.WaitForExitOnlyPidFd"/>.
    /// </para>
    /// <para>Without pidfd: <see cref="Process.WaitForExit()"/>.</para>
    /// </remarks>
    public static void WaitForExitPidFd(this Process process) => ProcessHandleRegistry.Default.WaitForExit(process, Timeout.Infinite);

    /// <summary>Blocks until the process has exited or the time is over. Does not wait for the end of streams.</summary>
    /// <param name="process">The process.</param>
    /// <param name="milliseconds">
    /// The time in milliseconds. 0 looks once; -1 (<see cref="Timeout.Infinite"/>) waits without end, as <see cref="WaitForExitPidFd(Process)"/>.
    /// </param>
    /// <returns><see langword="true"/> if the process has exited; <see langword="false"/> if the time was over first.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="milliseconds"/> is less than -1.</exception>
    /// <exception cref="InvalidOperationException">The object has no process: it has not been started, or was closed.</exception>
    /// <remarks>
    /// Once a child has exited, its reap by the runtime has 100 ms at least, also if less is left of the time. If the runtime does not know of the
    /// exit by then, the answer is <see langword="false"/>, as the stock method's. So <see langword="true"/> means that
    /// <see cref="Process.ExitCode"/> works, unless other code of the program has reaped the child. Without pidfd:
    /// <see cref="Process.WaitForExit(int)"/>.
    /// </remarks>
    public static bool WaitForExitPidFd(this Process process, int milliseconds) => ProcessHandleRegistry.Default.WaitForExit(process, milliseconds);

    /// <summary>Blocks until the process has exited or the time is over. Does not wait for the end of streams.</summary>
    /// <param name="process">The process.</param>
    /// <param name="timeout">The time. Zero looks once; -1 ms (<see cref="Timeout.InfiniteTimeSpan"/>) waits without end.</param>
    /// <returns><inheritdoc cref="WaitForExitPidFd(Process, int)" path="/returns"/></returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="timeout"/> is less than -1 ms or more than <see cref="int.MaxValue"/> ms.
    /// </exception>
    /// <exception cref="InvalidOperationException">The object has no process: it has not been started, or was closed.</exception>
    /// <remarks>See <see cref="WaitForExitPidFd(Process, int)"/>. Without pidfd: <see cref="Process.WaitForExit(TimeSpan)"/>.</remarks>
    public static bool WaitForExitPidFd(this Process process, TimeSpan timeout)
    {
        ArgumentNullException.ThrowIfNull(process);
        return ProcessHandleRegistry.Default.WaitForExit(process, Durations.Milliseconds(timeout));
    }

    /// <summary>
    /// Waits for the exit, and for the end of streams that are read with <see cref="Process.BeginOutputReadLine"/> or
    /// <see cref="Process.BeginErrorReadLine"/>, without a thread for it.
    /// </summary>
    /// <param name="process">The process.</param>
    /// <param name="cancellationToken">Ends the wait; the process and other waits are left alone.</param>
    /// <returns>A task that ends with the exit. Its continuations run on the thread pool, unless inline completions are on.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">Through the task: the object has not been started, or was closed.</exception>
    /// <exception cref="OperationCanceledException">Through the task: the token was cancelled first.</exception>
    /// <exception cref="ObjectDisposedException">
    /// Through the task: the registry was disposed first (on the pidfd route; stock waits go on).
    /// </exception>
    /// <remarks>
    /// <para>
    /// One <c>epoll(7)</c> thread watches all processes. When the task ends, the stock members work as after
    /// <see cref="WaitForExitPidFd(Process)"/>, with the same bound of 10 s. Closing or disposing the object during the wait does not end it.
    /// <see cref="Process.Exited"/> is raised once, as after the stock wait, but <see cref="Process.EnableRaisingEvents"/> is turned on when the
    /// wait ends, also if it is cancelled, and not when it begins. Without pidfd: <see cref="Process.WaitForExitAsync(CancellationToken)"/>.
    /// </para>
    /// <para>
    /// Inline completions are an opt-in for programs whose continuations are all short: the AppContext switch
    /// <c>PidFdProcess.InlineCompletions</c> or the environment variable <c>PIDFDPROCESS_INLINE_COMPLETIONS=1</c>, read once, at the first use
    /// of this library. Code that awaits the task, and handlers of <see cref="Process.Exited"/>, then run on the thread that watches all
    /// processes, which saves the hop to the thread pool. While that code runs or blocks, no other asynchronous wait of the program ends. If it
    /// blocks until another one ends (with <see cref="Task.Wait()"/>), both wait for ever. Code that continues for long after an
    /// <c>await</c> leaves that thread with <see cref="Task.Yield"/>.
    /// </para>
    /// </remarks>
    public static Task WaitForExitPidFdAsync(this Process process, CancellationToken cancellationToken = default) =>
        ProcessHandleRegistry.Default.WaitForExitAsync(process, cancellationToken);

    /// <summary>
    /// Has the process exited? The pidfd answers: <see langword="true"/> from the exit on, also for the zombie of another parent, for which
    /// <see cref="Process.HasExited"/> stays <see langword="false"/> until that parent has reaped it.
    /// </summary>
    /// <param name="process">The process.</param>
    /// <returns><see langword="true"/> if it has exited.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">The object has no process: it has not been started, or was closed.</exception>
    /// <remarks>
    /// One <c>poll(2)</c>. For a child that has exited, the reap is waited for as in <see cref="WaitForExitPidFd(Process, int)"/>, so that
    /// <see cref="Process.ExitCode"/> works. Raises <see cref="Process.Exited"/> as the stock property does, also if events are off.
    /// Without pidfd: <see cref="Process.HasExited"/>.
    /// </remarks>
    public static bool HasExitedPidFd(this Process process) => ProcessHandleRegistry.Default.HasExited(process);

    /// <summary>
    /// Blocks until the process has exited, and tells how it ended, whether it is a child or not. Where its output is redirected, also until the
    /// end of the streams, as <see cref="WaitForExitPidFd(Process)"/>.
    /// </summary>
    /// <param name="process">The process.</param>
    /// <returns>How it ended, and where that was read.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">The object has no process: it has not been started, or was closed.</exception>
    /// <remarks>
    /// <para>
    /// Needs no reap, so <see cref="Process.ExitCode"/> may not work yet. The status of a process that is no child is known on Linux 6.15 and later,
    /// if it was attached before it was reaped. On older kernels it is known if the process was still a zombie when the exit was noticed.
    /// Otherwise the source is <see cref="ExitStatusSource.Unknown"/>. See <see cref="ExitStatusSource"/> and <c>wait(2)</c>.
    /// </para>
    /// <para>Without pidfd: <see cref="Process.WaitForExit()"/> and, for a child, <see cref="Process.ExitCode"/>.</para>
    /// </remarks>
    public static PidFdExitStatus WaitForExitStatusPidFd(this Process process) => ProcessHandleRegistry.Default.WaitForExitStatus(process);

    /// <summary>Blocks until the process has exited or the time is over, and tells how it ended.</summary>
    /// <param name="process">The process.</param>
    /// <param name="timeout">The time, as for <see cref="WaitForExitPidFd(Process, TimeSpan)"/>.</param>
    /// <param name="status">How the process ended; <see langword="null"/> if the time was over first.</param>
    /// <returns><see langword="true"/> if the process has exited.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="timeout"/> is less than -1 ms or more than <see cref="int.MaxValue"/>.
    /// </exception>
    /// <exception cref="InvalidOperationException">The object has no process: it has not been started, or was closed.</exception>
    /// <remarks><inheritdoc cref="WaitForExitStatusPidFd" path="/remarks"/></remarks>
    public static bool TryWaitForExitStatusPidFd(this Process process, TimeSpan timeout, [NotNullWhen(true)] out PidFdExitStatus? status) =>
        ProcessHandleRegistry.Default.TryWaitForExitStatus(process, timeout, out status);

    /// <summary>Waits as <see cref="WaitForExitStatusPidFd"/> does, without a thread for it.</summary>
    /// <param name="process">The process.</param>
    /// <param name="cancellationToken">Ends the wait; the process and other waits are left alone.</param>
    /// <returns>How it ended, and where that was read.</returns>
    /// <inheritdoc cref="WaitForExitPidFdAsync" path="/exception"/>
    /// <remarks><inheritdoc cref="WaitForExitStatusPidFd" path="/remarks"/></remarks>
    public static Task<PidFdExitStatus> WaitForExitStatusPidFdAsync(this Process process, CancellationToken cancellationToken = default) =>
        ProcessHandleRegistry.Default.WaitForExitStatusAsync(process, cancellationToken);

    /// <summary>Stops the process gracefully: sends a signal, waits, and sends SIGKILL if it is still there after the grace period.</summary>
    /// <param name="process">The process.</param>
    /// <param name="gracePeriod">How long to wait between the two; -1 ms (<see cref="Timeout.InfiniteTimeSpan"/>) never kills.</param>
    /// <param name="signal">The signal that asks for the end. SIGCONT follows it, so that a stopped process runs its handler.</param>
    /// <param name="entireProcessTree"><see langword="true"/> to signal, await and kill all its descendants, too.</param>
    /// <param name="cancellationToken">Ends the wait. Before the SIGKILL, the process keeps its signal and is not killed.</param>
    /// <returns>How it ended; <see cref="PidFdExitStatus.Canceled"/> says whether it took the SIGKILL.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="gracePeriod"/> is less than -1 ms or more than <see cref="int.MaxValue"/> ms, or no signal has the number.
    /// </exception>
    /// <exception cref="InvalidOperationException">Through the task: the object has no process, or the calling process is in the tree.</exception>
    /// <exception cref="Win32Exception">Through the task: the process may not be signalled (EPERM or EACCES). No process of the tree was.</exception>
    /// <exception cref="AggregateException">
    /// Through the task, at the end: some of the descendants may not be signalled or could not be found. All others have exited or were killed.
    /// </exception>
    /// <exception cref="TimeoutException">Through the task: the process is alive 4 s after the SIGKILL (state D, a frozen cgroup).</exception>
    /// <exception cref="OperationCanceledException">Through the task: the token was cancelled first.</exception>
    /// <exception cref="PlatformNotSupportedException">Through the task: on Windows, for any signal but SIGKILL.</exception>
    /// <remarks>
    /// Waits for the exit, not for the end of streams. What a member of the tree starts in its signal handler is stopped, too, if it is found while
    /// it descends from a process of the tree. The stop of a tree has a thread of its own while it lasts. Without pidfd the same is done
    /// by PID, with the parent and the start time of each descendant checked before each signal.
    /// </remarks>
    public static Task<PidFdExitStatus> StopViaPidFdAsync(
        this Process process,
        TimeSpan gracePeriod,
        PosixSignal signal = PosixSignal.SIGTERM,
        bool entireProcessTree = false,
        CancellationToken cancellationToken = default) =>
        ProcessHandleRegistry.Default.StopAsync(process, gracePeriod, signal, entireProcessTree, cancellationToken);

    /// <summary>Blocks until the process has exited; kills it when the time is over, and waits for that.</summary>
    /// <param name="process">The process.</param>
    /// <param name="timeout">The time before the kill; -1 ms (<see cref="Timeout.InfiniteTimeSpan"/>) never kills.</param>
    /// <returns>How it ended; <see cref="PidFdExitStatus.Canceled"/> says whether it took the kill.</returns>
    /// <inheritdoc cref="ProcessStopExtensions.WaitForExitOrKillPidFd" path="/exception"/>
    /// <remarks><inheritdoc cref="ProcessStopExtensions.WaitForExitOrKillPidFd" path="/remarks"/></remarks>
    public static PidFdExitStatus WaitForExitOrKillPidFd(this Process process, TimeSpan timeout) =>
        ProcessHandleRegistry.Default.WaitForExitOrKill(process, timeout);

    /// <summary>Waits until the process has exited; kills it when the token is cancelled, and waits for that.</summary>
    /// <param name="process">The process.</param>
    /// <param name="cancellationToken">Kills the process.</param>
    /// <returns>How it ended; <see cref="PidFdExitStatus.Canceled"/> says whether it took the kill.</returns>
    /// <inheritdoc cref="ProcessStopExtensions.WaitForExitOrKillPidFdAsync(Process, CancellationToken, bool)" path="/exception"/>
    /// <remarks>Does not throw because the token is cancelled. Waits for the exit, not for the end of streams.</remarks>
    public static Task<PidFdExitStatus> WaitForExitOrKillPidFdAsync(this Process process, CancellationToken cancellationToken) =>
        ProcessHandleRegistry.Default.WaitForExitOrKillAsync(process, cancellationToken);

    /// <summary>Waits for the first of many processes to exit.</summary>
    /// <param name="processes">The processes.</param>
    /// <param name="cancellationToken">Ends the wait; the processes are left alone.</param>
    /// <returns>The process that exited.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="processes"/> or one of them is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">There are none.</exception>
    /// <exception cref="InvalidOperationException">Through the task: one of them has not been started, or was closed.</exception>
    /// <exception cref="OperationCanceledException">Through the task: the token was cancelled first.</exception>
    /// <remarks>
    /// Waits for the exit, not for the end of streams, and needs no reap. The event loop goes on watching the others until they exit, so that a loop
    /// of such calls is cheap. Without pidfd: the stock events of each.
    /// </remarks>
    public static Task<Process> WhenAnyExitPidFdAsync(this IEnumerable<Process> processes, CancellationToken cancellationToken = default) =>
        ProcessHandleRegistry.Default.WhenAnyExitAsync(processes, cancellationToken);

    /// <summary>Starts the process and attaches a pidfd at once.</summary>
    /// <param name="process">A process object with its <see cref="Process.StartInfo"/> set.</param>
    /// <returns>What <see cref="Process.Start()"/> returns.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">No file name is set, or as <see cref="Process.Start()"/> says.</exception>
    /// <exception cref="Win32Exception">The program could not be started.</exception>
    /// <remarks>
    /// A process may exit at once: its PID is not free before the runtime has reaped it, and the attachment notices that.
    /// Without pidfd: <see cref="Process.Start()"/>.
    /// </remarks>
    public static bool StartWithPidFd(this Process process) => ProcessHandleRegistry.Default.Start(process);

    /// <summary>Gets a pidfd of the process for calls of your own, for example through P/Invoke.</summary>
    /// <param name="process">The process.</param>
    /// <param name="handle">A duplicate that is the caller's own: dispose it. It outlives the process and the object.</param>
    /// <returns><see langword="false"/> if there is none: no pidfds or no descriptors here, or the exit was seen.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">The object has no process: it has not been started, or was closed.</exception>
    /// <remarks>By <c>fcntl(2)</c> with F_DUPFD_CLOEXEC. What to keep off: see <see cref="SafePidFdHandle"/>.</remarks>
    public static bool TryGetPidFd(this Process process, [NotNullWhen(true)] out SafePidFdHandle? handle) =>
        ProcessHandleRegistry.Default.TryGetPidFd(process, out handle);
}
