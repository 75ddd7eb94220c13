using System.ComponentModel;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace PidFdProcess;

/// <summary>
/// Kill and wait for <see cref="Process"/> through pidfds. Each method attaches the process to
/// <see cref="ProcessHandleRegistry.Default"/> at first use; where pidfds do not work, it does what the stock method does.
/// </summary>
/// <remarks>
/// All methods may be called from any thread. A call that finds out about the exit raises <see cref="Process.Exited"/> on its own thread if
/// events are enabled, as every stock wait does, and unlike stock also where it does not wait: in a kill, a signal or an attachment. What
/// handlers throw comes out of that call.
/// </remarks>
public static partial class ProcessPidFdExtensions
{
    /// <summary>
    /// Kills the process by <c>pidfd_send_signal(2)</c> with SIGKILL, and never another process that got the same PID. Does not wait for the
    /// exit. Does nothing if the process has exited.
    /// </summary>
    /// <param name="process">The process.</param>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">The object has no process: it has not been started, or was closed.</exception>
    /// <exception cref="Win32Exception">
    /// The process may not be signalled (EPERM, in <see cref="Win32Exception.NativeErrorCode"/>).
    /// </exception>
    /// <remarks>Without pidfd: <see cref="Process.Kill()"/>, which signals whoever has the PID.</remarks>
    public static void KillViaPidFd(this Process process) => ProcessHandleRegistry.Default.Kill(process);

    /// <summary>Kills the process, and if asked to, its descendants: children, their children and so on. A tree that forks meanwhile does not escape.</summary>
    /// <param name="process">The process.</param>
    /// <param name="entireProcessTree"><see langword="true"/> to kill the descendants, too.</param>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">
    /// The object has no process: it has not been started, or was closed. Or the calling process is one of the tree.
    /// </exception>
    /// <exception cref="AggregateException">Some of the tree may not be signalled; all others were killed.</exception>
    /// <exception cref="Win32Exception">
    /// The process may not be signalled (EPERM). Or this process is out of file descriptors (EMFILE), of which it takes one for each
    /// descendant; those found so far were killed.
    /// </exception>
    /// <remarks>
    /// <para>
    /// Opens a pidfd for each descendant, checks its parent afterwards, stops it, and lists again until nobody new appears; then kills all. See
    /// <c>pidfd_open(2)</c> and <c>proc_pid_task(5)</c>. Does nothing if the process has exited: its children have another parent then. In the
    /// same way a descendant whose own parent had exited before (a daemon) is not part of the tree, for stock neither.
    /// </para>
    /// <para>Without pidfd, or without a <c>/proc</c> for this PID namespace: <see cref="Process.Kill(bool)"/>.</para>
    /// </remarks>
    public static void KillViaPidFd(this Process process, bool entireProcessTree) =>
        ProcessHandleRegistry.Default.Kill(process, entireProcessTree);

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
    /// <see cref="Process.ExitCode"/> and <see cref="Process.ExitTime"/> work. For any other process it returns at the exit, while
    /// <see cref="Process.HasExited"/> turns <see langword="true"/> only when the parent of that process has reaped it.
    /// <see cref="Thread.Interrupt"/> does not end it.
    /// </para>
    /// <para>Without pidfd: <see cref="Process.WaitForExit()"/>.</para>
    /// </remarks>
    public static void WaitForExitPidFd(this Process process) =>
        ProcessHandleRegistry.Default.WaitForExit(process, Timeout.Infinite);

    /// <summary>Blocks until the process has exited or the time is over.</summary>
    /// <param name="process">The process.</param>
    /// <param name="milliseconds">
    /// The time in milliseconds. 0 looks once; -1 (<see cref="Timeout.Infinite"/>) waits without end, as <see cref="WaitForExitPidFd(Process)"/>.
    /// </param>
    /// <returns><see langword="true"/> if the process has exited; <see langword="false"/> if the time was over first.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="milliseconds"/> is less than -1.</exception>
    /// <exception cref="InvalidOperationException">The object has no process: it has not been started, or was closed.</exception>
    /// <remarks>
    /// As <see cref="WaitForExitPidFd(Process)"/>, but for the end of streams. Once a child has exited, the moment until the runtime has
    /// reaped it is not counted against the time.
    /// Without pidfd: <see cref="Process.WaitForExit(int)"/>.
    /// </remarks>
    public static bool WaitForExitPidFd(this Process process, int milliseconds) =>
        ProcessHandleRegistry.Default.WaitForExit(process, milliseconds);

    /// <summary>Blocks until the process has exited or the time is over.</summary>
    /// <param name="process">The process.</param>
    /// <param name="timeout">
    /// The time; fractions of a millisecond are cut off. Zero looks once; -1 ms (<see cref="Timeout.InfiniteTimeSpan"/>) waits without end.
    /// </param>
    /// <returns><see langword="true"/> if the process has exited; <see langword="false"/> if the time was over first.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="timeout"/> is less than -1 ms or more than <see cref="int.MaxValue"/> ms.
    /// </exception>
    /// <exception cref="InvalidOperationException">The object has no process: it has not been started, or was closed.</exception>
    /// <remarks>See <see cref="WaitForExitPidFd(Process, int)"/>. Without pidfd: <see cref="Process.WaitForExit(TimeSpan)"/>.</remarks>
    public static bool WaitForExitPidFd(this Process process, TimeSpan timeout)
    {
        ArgumentNullException.ThrowIfNull(process);
        return ProcessHandleRegistry.Default.WaitForExit(process, Milliseconds(timeout));
    }

    /// <summary>
    /// Waits for the exit, and for the end of streams that are read with <see cref="Process.BeginOutputReadLine"/> or
    /// <see cref="Process.BeginErrorReadLine"/>, without a thread for it.
    /// </summary>
    /// <param name="process">The process.</param>
    /// <param name="cancellationToken">Ends the wait; the process and other waits are left alone.</param>
    /// <returns>A task that ends with the exit. Its continuations run on the thread pool, unless inline completions are on.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">
    /// Through the task: the object has no process: it has not been started, or was closed.
    /// </exception>
    /// <exception cref="OperationCanceledException">Through the task: the token was cancelled first.</exception>
    /// <exception cref="ObjectDisposedException">Through the task: the registry was disposed first (on the pidfd route; stock waits go on).</exception>
    /// <remarks>
    /// <para>
    /// One <c>epoll(7)</c> thread watches all processes. Closing or disposing the Process object during the wait does not end it: it ends with
    /// the exit. <see cref="Process.Exited"/> is raised as by stock (of a process with another parent: when that has reaped it), but
    /// <see cref="Process.EnableRaisingEvents"/>, which stock turns on at the start of its wait, is turned on when the process has exited.
    /// </para>
    /// <para>
    /// When it ends for a child, <see cref="Process.HasExited"/>, <see cref="Process.ExitCode"/> and <see cref="Process.ExitTime"/>
    /// work. For any other process see <see cref="WaitForExitPidFd(Process)"/>.
    /// Without pidfd: <see cref="Process.WaitForExitAsync(CancellationToken)"/>.
    /// </para>
    /// <para>
    /// Inline completions are an opt-in for programs whose continuations are all short: the AppContext switch
    /// <c>PidFdProcess.InlineCompletions</c> or the environment variable <c>PIDFDPROCESS_INLINE_COMPLETIONS=1</c>, read once, at the first use
    /// of this library. What awaits the task, and handlers of <see cref="Process.Exited"/>, then run on the one thread that watches all
    /// processes, which saves the hop to the thread pool. The danger: as long as that code runs or blocks, no other asynchronous wait of
    /// the program ends; if it blocks until another one ends (with <see cref="Task.Wait()"/>), both wait for ever. An exception in it
    /// goes where it would have gone without, and other waits are only delayed, not lost. Code that continues for long after an
    /// <c>await</c> leaves that thread with <see cref="Task.Yield"/>.
    /// </para>
    /// </remarks>
    public static Task WaitForExitPidFdAsync(this Process process, CancellationToken cancellationToken = default) =>
        ProcessHandleRegistry.Default.WaitForExitAsync(process, cancellationToken);

    /// <summary>
    /// Has the process exited? Answers by the pidfd: <see langword="true"/> from the exit on, also for the zombie of another parent, for which
    /// <see cref="Process.HasExited"/> stays <see langword="false"/> until that parent has reaped it.
    /// </summary>
    /// <param name="process">The process.</param>
    /// <returns><see langword="true"/> if it has exited.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">The object has no process: it has not been started, or was closed.</exception>
    /// <remarks>
    /// One <c>poll(2)</c>. When it is <see langword="true"/> for a child, <see cref="Process.ExitCode"/> works.
    /// Without pidfd: <see cref="Process.HasExited"/>.
    /// </remarks>
    public static bool HasExitedPidFd(this Process process) => ProcessHandleRegistry.Default.HasExited(process);

    /// <summary>Starts the process and attaches a pidfd at once.</summary>
    /// <param name="process">A process object with its <see cref="Process.StartInfo"/> set.</param>
    /// <returns>What <see cref="Process.Start()"/> returns.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">No file name is set, or as <see cref="Process.Start()"/> says.</exception>
    /// <exception cref="Win32Exception">The program could not be started.</exception>
    /// <remarks>
    /// A process that exits at once is no problem: its PID is not free before the runtime has reaped it, and the attachment notices that.
    /// Without pidfd: <see cref="Process.Start()"/>.
    /// </remarks>
    public static bool StartWithPidFd(this Process process) => ProcessHandleRegistry.Default.Start(process);

    /// <summary>Gets a pidfd of the process for calls of your own, for example through P/Invoke.</summary>
    /// <param name="process">The process.</param>
    /// <param name="handle">
    /// A duplicate that is the caller's own: dispose it. It outlives the process, the object and its attachment.
    /// </param>
    /// <returns>
    /// <see langword="false"/> if there is none: pidfds do not work here, this process is out of descriptors, or the exit was seen and the
    /// pidfd is closed.
    /// </returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">The object has no process: it has not been started, or was closed.</exception>
    /// <remarks>By <c>fcntl(2)</c> with F_DUPFD_CLOEXEC. What to keep off: see <see cref="SafePidFdHandle"/>.</remarks>
    public static bool TryGetPidFd(this Process process, [NotNullWhen(true)] out SafePidFdHandle? handle) =>
        ProcessHandleRegistry.Default.TryGetPidFd(process, out handle);

    /// <summary>As the stock runtime converts and checks it.</summary>
    internal static int Milliseconds(TimeSpan timeout, [CallerArgumentExpression(nameof(timeout))] string? name = null)
    {
        long milliseconds = (long)timeout.TotalMilliseconds;
        ArgumentOutOfRangeException.ThrowIfLessThan(milliseconds, Timeout.Infinite, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(milliseconds, int.MaxValue, name);
        return (int)milliseconds;
    }
}
