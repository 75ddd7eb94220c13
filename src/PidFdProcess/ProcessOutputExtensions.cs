using System.Diagnostics;

namespace PidFdProcess;

/// <summary>
/// Waits that let the caller choose whether to wait for the end of the output. A background process keeps the pipes of its parent open. A wait for
/// the end of the streams then lasts longer than the process that was started.
/// </summary>
public static class ProcessOutputExtensions
{
    /// <summary>Blocks until the process has exited, and never waits for the end of redirected streams.</summary>
    /// <param name="process">The process.</param>
    /// <inheritdoc cref="ProcessPidFdExtensions.WaitForExitPidFd(Process)" path="/exception"/>
    /// <remarks>
    /// Otherwise it is the same as <see cref="ProcessPidFdExtensions.WaitForExitPidFd(Process)"/>. Without a pidfd it calls
    /// <see cref="Process.WaitForExit(int)"/>, which does not wait for the streams either.
    /// </remarks>
    public static void WaitForExitOnlyPidFd(this Process process) => ProcessHandleRegistry.Default.WaitForExitOnly(process);

    /// <summary>Waits until the process has exited, and never for the end of redirected streams.</summary>
    /// <param name="process">The process.</param>
    /// <param name="cancellationToken">Ends the wait. The process and other waits go on.</param>
    /// <returns>A task that ends with the exit. Every exception except <see cref="ArgumentException"/> is stored into it.</returns>
    /// <inheritdoc cref="ProcessPidFdExtensions.WaitForExitPidFdAsync" path="/exception"/>
    /// <remarks>
    /// Otherwise it is the same as <see cref="ProcessPidFdExtensions.WaitForExitPidFdAsync"/>. Without a pidfd it waits for
    /// <see cref="Process.Exited"/>.
    /// </remarks>
    public static Task WaitForExitOnlyPidFdAsync(this Process process, CancellationToken cancellationToken = default) =>
        ProcessHandleRegistry.Default.WaitForExitOnlyAsync(process, cancellationToken);

    /// <summary>
    /// Waits until the process has exited. Then waits at most a given time for the end of streams that are read with
    /// <see cref="Process.BeginOutputReadLine"/> or <see cref="Process.BeginErrorReadLine"/>. The lines that were read before the end of the wait
    /// have been raised as events.
    /// </summary>
    /// <param name="process">The process.</param>
    /// <param name="outputTimeout">
    /// How long to wait for the end of the streams after the exit. <see cref="Timeout.InfiniteTimeSpan"/> (-1 ms) waits without end.
    /// </param>
    /// <param name="cancellationToken">Ends the wait. The process and other waits go on.</param>
    /// <returns>
    /// <see langword="true"/> if the streams have ended or none is redirected. Every exception except <see cref="ArgumentException"/> is stored into
    /// the task.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="outputTimeout"/> is less than -1 ms or more than <see cref="int.MaxValue"/> ms.
    /// </exception>
    /// <inheritdoc cref="ProcessPidFdExtensions.WaitForExitPidFdAsync" path="/exception"/>
    /// <remarks>Without a pidfd it waits for <see cref="Process.Exited"/>, and then for the streams in the same way.</remarks>
    public static Task<bool> WaitForExitAndOutputPidFdAsync(
        this Process process, TimeSpan outputTimeout, CancellationToken cancellationToken = default) =>
        ProcessHandleRegistry.Default.WaitForExitAndOutputAsync(process, outputTimeout, cancellationToken);
}
