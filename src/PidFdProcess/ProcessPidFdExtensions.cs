using System.ComponentModel;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using PidFdProcess.Calls;
using Signum = Mono.Unix.Native.Signum;

namespace PidFdProcess;

/// <summary>
/// Kills and waits for <see cref="Process"/> objects through pidfds. Each method attaches the process to <see cref="ProcessHandleRegistry.Default"/>
/// at first use. Where pidfds do not work, it does what the stock method does.
/// </summary>
/// <remarks>
/// All methods may be called from any thread, even while another thread disposes the object. Each method acts on the run that the object has when the
/// call begins. A wait that finds the exit raises <see cref="Process.Exited"/> where the stock wait does. A kill, a signal and an attachment raise
/// nothing.
/// </remarks>
public static class ProcessPidFdExtensions
{
    /// <summary>
    /// Sends SIGKILL to the process through its pidfd, and never to another process that got the same PID. Does not wait for the exit. Does nothing
    /// if the process has exited.
    /// </summary>
    /// <param name="process">The process.</param>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">The object has no process, because it has not been started or was closed.</exception>
    /// <exception cref="Win32Exception">The process may not be signalled (EPERM, or EACCES from a security module).</exception>
    /// <exception cref="ObjectDisposedException">The registry is disposed.</exception>
    /// <remarks>See <c>pidfd_send_signal(2)</c>. Without a pidfd it calls <see cref="Process.Kill()"/>, which goes by PID.</remarks>
    public static void KillViaPidFd(this Process process) => ProcessHandleRegistry.Default.Kill(process);

    /// <summary>
    /// Kills the process and, if asked to, its descendants (children, their children and so on). A tree that forks during the call does not escape.
    /// </summary>
    /// <param name="process">The process.</param>
    /// <param name="entireProcessTree"><see langword="true"/> to kill the descendants, too.</param>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">The object has no process, or the calling process is in the tree.</exception>
    /// <exception cref="AggregateException">Some processes of the tree could not be signalled or found. All others were killed.</exception>
    /// <exception cref="Win32Exception">The signal was refused, or the caller's ancestors cannot be read. No process was killed.</exception>
    /// <exception cref="ObjectDisposedException">The registry is disposed.</exception>
    /// <remarks>
    /// For each descendant, the call opens a pidfd, checks the parent afterwards, and stops the process. It lists the tree again until it finds no
    /// new process, and then kills all of them. The number of lists and their time are bounded. See <c>pidfd_open(2)</c> and <c>proc_pid_task(5)</c>.
    /// The call does nothing if the process has exited, because its children have another parent then. For the same reason, neither this method nor
    /// the stock one finds a descendant whose own parent has exited before, for example a daemon.
    /// Without a pidfd, it calls <see cref="Process.Kill(bool)"/>. With a pidfd, but without a <c>/proc</c> for this PID namespace, it kills the
    /// process alone, and <see cref="ProcessAttachment.Reason"/> says so.
    /// </remarks>
    public static void KillViaPidFd(this Process process, bool entireProcessTree) =>
        ProcessHandleRegistry.Default.Kill(process, entireProcessTree);

    /// <summary>Sends a signal through the pidfd, and never to another process that got the same PID.</summary>
    /// <param name="process">The process.</param>
    /// <param name="signal">
    /// The signal. Positive values are raw numbers of Linux, also of real-time signals. <c>(PosixSignal)0</c> only checks for the process.
    /// </param>
    /// <returns>
    /// <see langword="true"/> if the signal was sent, even if only to a zombie, or <see langword="false"/> if the process has exited and been reaped.
    /// </returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">No signal has this number. No system call was made.</exception>
    /// <exception cref="InvalidOperationException">The object has no process, because it has not been started or was closed.</exception>
    /// <exception cref="Win32Exception">The process may not be signalled (EPERM or EACCES).</exception>
    /// <exception cref="PlatformNotSupportedException">This is Windows, and the signal is not SIGKILL.</exception>
    /// <exception cref="ObjectDisposedException">The registry is disposed.</exception>
    /// <remarks>
    /// See <c>pidfd_send_signal(2)</c>. Without a pidfd it asks the runtime whether the process has exited, and then calls <c>kill(2)</c>. On Windows
    /// it calls <see cref="Process.Kill()"/> for SIGKILL.
    /// </remarks>
    public static bool SignalViaPidFd(this Process process, PosixSignal signal) => ProcessHandleRegistry.Default.Signal(process, signal);

    /// <inheritdoc cref="SignalViaPidFd(Process, PosixSignal)"/>
    public static bool SignalViaPidFd(this Process process, Signum signal) => ProcessHandleRegistry.Default.Signal(process, signal);

    /// <summary>
    /// Blocks until the process has exited, and until the end of streams that are read with <see cref="Process.BeginOutputReadLine"/> or
    /// <see cref="Process.BeginErrorReadLine"/>.
    /// </summary>
    /// <param name="process">The process.</param>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">The object has no process, because it has not been started or was closed.</exception>
    /// <exception cref="ObjectDisposedException">The registry is disposed.</exception>
    /// <remarks>
    /// <para>
    /// Blocks the calling thread in <c>poll(2)</c>. <see cref="Thread.Interrupt"/> does not end the wait before the exit. To wait for the exit alone,
    /// see <see cref="ProcessOutputExtensions.WaitForExitOnlyPidFd"/>. Without a pidfd it calls <see cref="Process.WaitForExit()"/>.
    /// </para>
    /// <para>
    /// After a wait for a child, <see cref="Process.HasExited"/>, <see cref="Process.ExitCode"/> and <see cref="Process.ExitTime"/> work. The runtime
    /// cannot reap the child while other code has taken over SIGCHLD or holds the runtime's lock. In that case the wait ends 10 s after the exit,
    /// with the event <c>ReapOverdue</c>. If events are on and another thread keeps the lock of the object, the wait also ends 10 s after the exit,
    /// and does not wait for the streams. A wait for a non-child ends at its exit. <see cref="Process.HasExited"/> turns <see langword="true"/> only
    /// after the parent of that process has reaped it.
    /// </para>
    /// </remarks>
    public static void WaitForExitPidFd(this Process process) => ProcessHandleRegistry.Default.WaitForExit(process, Timeout.Infinite);

    /// <summary>Blocks until the process has exited or the time is over. Does not wait for the end of streams.</summary>
    /// <param name="process">The process.</param>
    /// <param name="milliseconds">
    /// The time in milliseconds. 0 checks once. -1 (<see cref="Timeout.Infinite"/>) waits without end, as <see cref="WaitForExitPidFd(Process)"/>.
    /// </param>
    /// <returns><see langword="true"/> if the process has exited, or <see langword="false"/> if the time was over first.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="milliseconds"/> is less than -1.</exception>
    /// <inheritdoc cref="WaitForExitPidFd(Process)" path="/exception"/>
    /// <remarks>
    /// After the exit of a child, the runtime has at least 100 ms to reap it, even if less of the time is left. If the runtime still does not know of
    /// the exit, the answer is <see langword="false"/>, as from the stock method. So <see langword="true"/> means that <see cref="Process.ExitCode"/>
    /// works, unless other code of the program has reaped the child. Without a pidfd it calls <see cref="Process.WaitForExit(int)"/>.
    /// </remarks>
    public static bool WaitForExitPidFd(this Process process, int milliseconds) => ProcessHandleRegistry.Default.WaitForExit(process, milliseconds);

    /// <summary>Blocks until the process has exited or the time is over. Does not wait for the end of streams.</summary>
    /// <param name="process">The process.</param>
    /// <param name="timeout">
    /// The time. Zero checks once. <see cref="Timeout.InfiniteTimeSpan"/> (-1 ms) waits without end and for the streams.
    /// </param>
    /// <returns><inheritdoc cref="WaitForExitPidFd(Process, int)" path="/returns"/></returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeout"/> is below -1 ms or above <see cref="int.MaxValue"/> ms.</exception>
    /// <inheritdoc cref="WaitForExitPidFd(Process)" path="/exception"/>
    /// <remarks>See <see cref="WaitForExitPidFd(Process, int)"/>. Without a pidfd it calls <see cref="Process.WaitForExit(TimeSpan)"/>.</remarks>
    public static bool WaitForExitPidFd(this Process process, TimeSpan timeout)
    {
        ArgumentNullException.ThrowIfNull(process);
        return ProcessHandleRegistry.Default.WaitForExit(process, Durations.Milliseconds(timeout));
    }

    /// <summary>
    /// Waits for the exit, and for the end of streams that are read with <see cref="Process.BeginOutputReadLine"/> or
    /// <see cref="Process.BeginErrorReadLine"/>, without blocking a thread.
    /// </summary>
    /// <param name="process">The process.</param>
    /// <param name="cancellationToken">Ends the wait. The process and other waits go on.</param>
    /// <returns>A task that ends with the exit. Every exception except <see cref="ArgumentException"/> is stored into it.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">The object has no process, because it has not been started or was closed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled before the exit.</exception>
    /// <exception cref="ObjectDisposedException">The registry was disposed before the exit. A wait without a pidfd goes on.</exception>
    /// <remarks>
    /// <para>
    /// One <c>epoll(7)</c> thread watches all processes. When the task ends, the stock members work as after <see cref="WaitForExitPidFd(Process)"/>,
    /// with the same bound of 10 s. Closing or disposing the object during the wait does not end it.
    /// </para>
    /// <para>
    /// As the stock wait does, this one turns <see cref="Process.EnableRaisingEvents"/> on when it begins, and <see cref="Process.Exited"/> is raised
    /// once. Without a pidfd the method calls <see cref="Process.WaitForExitAsync(CancellationToken)"/>.
    /// </para>
    /// <para>
    /// The continuations of the task run on the thread pool. A program whose continuations are all short can turn on inline completions, which save
    /// the hop to the pool. The AppContext switch is <c>PidFdProcess.InlineCompletions</c>, and the environment variable is
    /// <c>PIDFDPROCESS_INLINE_COMPLETIONS=1</c>. Both are read once, at the first use of this library. Continuations and handlers of
    /// <see cref="Process.Exited"/> then run on the <c>epoll(7)</c> thread. While they run or block, no other asynchronous wait of the program ends.
    /// If one of them blocks until another wait ends (with <see cref="Task.Wait()"/>), both wait for ever. Code that runs long after an <c>await</c>
    /// leaves that thread with <see cref="Task.Yield"/>.
    /// </para>
    /// </remarks>
    public static Task WaitForExitPidFdAsync(this Process process, CancellationToken cancellationToken = default) =>
        ProcessHandleRegistry.Default.WaitForExitAsync(process, cancellationToken);

    /// <summary>Asks the pidfd whether the process has exited.</summary>
    /// <param name="process">The process.</param>
    /// <returns><see langword="true"/> from the exit on.</returns>
    /// <inheritdoc cref="WaitForExitPidFd(Process)" path="/exception"/>
    /// <remarks>
    /// Calls <c>poll(2)</c> once. After the exit of a child, it waits for the reap as <see cref="WaitForExitPidFd(Process, int)"/> does, so that
    /// <see cref="Process.ExitCode"/> works. For a non-child, <see cref="Process.HasExited"/> stays <see langword="false"/> until the parent of that
    /// process has reaped it. The method raises <see cref="Process.Exited"/> as the stock property does, even if events are off. Without a pidfd it
    /// calls <see cref="Process.HasExited"/>.
    /// </remarks>
    public static bool HasExitedPidFd(this Process process) => ProcessHandleRegistry.Default.HasExited(process);

    /// <summary>
    /// Blocks until the process has exited, and tells how it ended, even if it is a non-child. If its output is redirected, the call also waits for
    /// the end of the streams, as <see cref="WaitForExitPidFd(Process)"/> does.
    /// </summary>
    /// <param name="process">The process.</param>
    /// <returns>How the process ended, and from which source the status comes.</returns>
    /// <inheritdoc cref="WaitForExitPidFd(Process)" path="/exception"/>
    /// <remarks>
    /// <para>
    /// The status needs no reap, so <see cref="Process.ExitCode"/> may not work yet. On Linux 6.15 and later, the status of a non-child is known if
    /// the process was attached before it was reaped. On older kernels it is known if the process was still a zombie when the exit was noticed.
    /// Otherwise the source is <see cref="ExitStatusSource.Unknown"/>. See <see cref="ExitStatusSource"/> and <c>wait(2)</c>.
    /// </para>
    /// <para>Without a pidfd the runtime serves the wait and knows the code of a child. If the object is closed then, the call may throw.</para>
    /// </remarks>
    public static PidFdExitStatus WaitForExitStatusPidFd(this Process process) => ProcessHandleRegistry.Default.WaitForExitStatus(process);

    /// <summary>Blocks until the process has exited or the time is over, and tells how it ended.</summary>
    /// <param name="process">The process.</param>
    /// <param name="timeout">The time, as for <see cref="WaitForExitPidFd(Process, TimeSpan)"/>.</param>
    /// <param name="status">How the process ended, or <see langword="null"/> if the time was over first.</param>
    /// <returns><see langword="true"/> if the process has exited.</returns>
    /// <inheritdoc cref="WaitForExitPidFd(Process, TimeSpan)" path="/exception"/>
    /// <remarks>
    /// <inheritdoc cref="WaitForExitStatusPidFd" path="/remarks/para[1]"/>
    /// <para>Waits for the streams only if the time is infinite. Without a pidfd the runtime serves the wait.</para>
    /// </remarks>
    public static bool TryWaitForExitStatusPidFd(this Process process, TimeSpan timeout, [NotNullWhen(true)] out PidFdExitStatus? status) =>
        ProcessHandleRegistry.Default.TryWaitForExitStatus(process, timeout, out status);

    /// <summary>Waits as <see cref="WaitForExitStatusPidFd"/> does, without blocking a thread.</summary>
    /// <param name="process">The process.</param>
    /// <param name="cancellationToken">Ends the wait. The process and other waits go on.</param>
    /// <returns>How the process ended. Every exception except <see cref="ArgumentException"/> is stored into the task.</returns>
    /// <inheritdoc cref="WaitForExitPidFdAsync" path="/exception"/>
    /// <remarks><inheritdoc cref="WaitForExitStatusPidFd" path="/remarks/para[1]"/></remarks>
    public static Task<PidFdExitStatus> WaitForExitStatusPidFdAsync(this Process process, CancellationToken cancellationToken = default) =>
        ProcessHandleRegistry.Default.WaitForExitStatusAsync(process, cancellationToken);

    /// <summary>Sends a signal that asks the process to end, waits for the grace period, and then sends SIGKILL unless it has exited.</summary>
    /// <param name="process">The process.</param>
    /// <param name="gracePeriod">How long to wait before SIGKILL. With <see cref="Timeout.InfiniteTimeSpan"/> (-1 ms) it is never sent.</param>
    /// <param name="signal">The signal. SIGCONT follows it, so that a stopped process runs its handler.</param>
    /// <param name="entireProcessTree"><see langword="true"/> to signal, await and kill all descendants, too.</param>
    /// <param name="cancellationToken">Ends the wait. If SIGKILL has not been sent yet, it is not sent any more.</param>
    /// <returns>
    /// How the process ended. <see cref="PidFdExitStatus.Canceled"/> tells whether SIGKILL ended it. Every exception except
    /// <see cref="ArgumentException"/> is stored into the task.
    /// </returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="gracePeriod"/> is less than -1 ms or more than <see cref="int.MaxValue"/> ms, or no signal has the number.
    /// </exception>
    /// <exception cref="InvalidOperationException">The object has no process, or the calling process is in the tree.</exception>
    /// <exception cref="Win32Exception">The signal was refused, or the caller's ancestors cannot be read. No process got a signal.</exception>
    /// <exception cref="AggregateException">
    /// At the end of the stop, some descendants could not be signalled or found, or are alive after SIGKILL. All others have exited.
    /// </exception>
    /// <exception cref="TimeoutException">The process is alive 4 s after SIGKILL, because it is in state D or in a frozen cgroup.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled before the exit.</exception>
    /// <exception cref="PlatformNotSupportedException">This is Windows, and the signal is not SIGKILL.</exception>
    /// <exception cref="ObjectDisposedException">The registry was disposed before the exit.</exception>
    /// <remarks>
    /// Waits for the exit, not for the end of streams. The status needs no reap, so <see cref="Process.ExitCode"/> may not work yet. A member of the
    /// tree may start a process in its signal handler. The stop includes that process if it is found while it descends from the tree. The stop of a
    /// tree has a thread of its own while it lasts. Without a pidfd the stop goes by PID. It then checks the parent and the start time of each
    /// descendant before each signal. With a pidfd, but without a <c>/proc</c> for this PID namespace, it stops the process alone.
    /// </remarks>
    public static Task<PidFdExitStatus> StopViaPidFdAsync(
        this Process process,
        TimeSpan gracePeriod,
        PosixSignal signal = PosixSignal.SIGTERM,
        bool entireProcessTree = false,
        CancellationToken cancellationToken = default) =>
        ProcessHandleRegistry.Default.StopAsync(process, gracePeriod, signal, entireProcessTree, cancellationToken);

    /// <inheritdoc cref="ProcessStopExtensions.WaitForExitOrKillPidFd" path="/*[not(self::param)]"/>
    /// <param name="process">The process.</param>
    /// <param name="timeout">The time before the kill. With <see cref="Timeout.InfiniteTimeSpan"/> (-1 ms) the process is never killed.</param>
    public static PidFdExitStatus WaitForExitOrKillPidFd(this Process process, TimeSpan timeout) =>
        ProcessHandleRegistry.Default.WaitForExitOrKill(process, timeout);

    /// <inheritdoc cref="ProcessStopExtensions.WaitForExitOrKillPidFdAsync(Process, CancellationToken, bool)" path="/*[not(self::param)]"/>
    /// <param name="process">The process.</param>
    /// <param name="cancellationToken">Kills the process when it is cancelled.</param>
    public static Task<PidFdExitStatus> WaitForExitOrKillPidFdAsync(this Process process, CancellationToken cancellationToken) =>
        ProcessHandleRegistry.Default.WaitForExitOrKillAsync(process, cancellationToken);

    /// <summary>Waits for the first of several processes to exit.</summary>
    /// <param name="processes">The processes.</param>
    /// <param name="cancellationToken">Ends the wait. The processes go on.</param>
    /// <returns>The process that exited. Every exception except <see cref="ArgumentException"/> is stored into the task.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="processes"/> or one of them is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">The sequence is empty.</exception>
    /// <exception cref="InvalidOperationException">One of the processes has not been started, or was closed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled before the first exit.</exception>
    /// <exception cref="ObjectDisposedException">The registry was disposed before the first exit.</exception>
    /// <remarks>
    /// Waits for the exit, not for the end of streams. It needs no reap, so <see cref="Process.ExitCode"/> may not work yet. The event loop watches
    /// the others until they exit, so that a program can call this method in a loop at low cost. For a process without a pidfd it waits for
    /// <see cref="Process.Exited"/>.
    /// </remarks>
    public static Task<Process> WhenAnyExitPidFdAsync(this IEnumerable<Process> processes, CancellationToken cancellationToken = default) =>
        ProcessHandleRegistry.Default.WhenAnyExitAsync(processes, cancellationToken);

    /// <summary>Starts the process and attaches a pidfd at once.</summary>
    /// <param name="process">A process object with its <see cref="Process.StartInfo"/> set.</param>
    /// <returns>The result of <see cref="Process.Start()"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">No file name is set, or <see cref="Process.Start()"/> throws this for another reason.</exception>
    /// <exception cref="Win32Exception">The program could not be started.</exception>
    /// <remarks>
    /// The process may exit before it is attached. Its PID is not free before the runtime has reaped it, and the attachment notices the reap. Without
    /// pidfds it calls <see cref="Process.Start()"/>.
    /// </remarks>
    public static bool StartWithPidFd(this Process process) => ProcessHandleRegistry.Default.Start(process);

    /// <summary>Gets a duplicate of the pidfd for your own system calls, for example through P/Invoke.</summary>
    /// <param name="process">The process.</param>
    /// <param name="handle">The duplicate, which the caller disposes. It outlives the process and the object.</param>
    /// <returns><see langword="false"/> if pidfds do not work here, few descriptors are left, or the exit was seen.</returns>
    /// <inheritdoc cref="WaitForExitPidFd(Process)" path="/exception"/>
    /// <remarks>Calls <c>fcntl(2)</c> with F_DUPFD_CLOEXEC. <see cref="SafePidFdHandle"/> says which calls to avoid.</remarks>
    public static bool TryGetPidFd(this Process process, [NotNullWhen(true)] out SafePidFdHandle? handle) =>
        ProcessHandleRegistry.Default.TryGetPidFd(process, out handle);
}
