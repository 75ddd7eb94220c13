using System.Diagnostics;

namespace PidFdProcess;

/// <summary>
/// Waits that say what they do about the output. A process that is left in the background holds the pipes of its parent open, so that a wait for
/// the end of the streams outlasts the process that was started.
/// </summary>
public static class ProcessOutputExtensions
{
    /// <summary>Blocks until the process has exited, and never waits for the end of redirected streams.</summary>
    /// <param name="process">The process.</param>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">The object has no process: it has not been started, or was closed.</exception>
    /// <remarks>
    /// Apart from the streams as <see cref="ProcessPidFdExtensions.WaitForExitPidFd(Process)"/>. Without pidfd:
    /// <see cref="Process.WaitForExit(int)"/>, which does not wait for the streams either.
    /// </remarks>
    public static void WaitForExitOnlyPidFd(this Process process) => ProcessHandleRegistry.Default.WaitForExitOnly(process);

    /// <summary>Waits until the process has exited, and never for the end of redirected streams.</summary>
    /// <param name="process">The process.</param>
    /// <param name="cancellationToken">Ends the wait; the process and other waits are left alone.</param>
    /// <returns>A task that ends with the exit.</returns>
    /// <inheritdoc cref="ProcessPidFdExtensions.WaitForExitPidFdAsync" path="/exception"/>
    /// <remarks>
    /// Apart from the streams as <see cref="ProcessPidFdExtensions.WaitForExitPidFdAsync"/>. Without pidfd: the stock event
    /// <see cref="Process.Exited"/>.
    /// </remarks>
    public static Task WaitForExitOnlyPidFdAsync(this Process process, CancellationToken cancellationToken = default) =>
        ProcessHandleRegistry.Default.WaitForExitOnlyAsync(process, cancellationToken);

    /// <summary>
    /// Waits until the process has exited, and after that for the end of streams that are read with <see cref="Process.BeginOutputReadLine"/> or
    /// <see cref="Process.BeginErrorReadLine"/>, for at most a given time. Lines that were read by then have been raised.
    /// </summary>
    /// <param name="process">The process.</param>
    /// <param name="outputTimeout">
    /// How long the streams may stay open after the exit; -1 ms (<see cref="Timeout.InfiniteTimeSpan"/>) waits for their end.
    /// </param>
    /// <param name="cancellationToken">Ends the wait; the process and other waits are left alone.</param>
    /// <returns>Whether the streams have ended; <see langword="true"/> also if none is redirected.</returns>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="outputTimeout"/> is less than -1 ms or more than <see cref="int.MaxValue"/> ms.
    /// </exception>
    /// <inheritdoc cref="ProcessPidFdExtensions.WaitForExitPidFdAsync" path="/exception"/>
    /// <remarks>Without pidfd: the stock event <see cref="Process.Exited"/>, and then the same.</remarks>
    public static Task<bool> WaitForExitAndOutputPidFdAsync(
        this Process process, TimeSpan outputTimeout, CancellationToken cancellationToken = default) =>
        ProcessHandleRegistry.Default.WaitForExitAndOutputAsync(process, outputTimeout, cancellationToken);
}
