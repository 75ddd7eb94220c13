using System.ComponentModel;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using PidFdProcess.Calls;

namespace PidFdProcess;

/// <summary>Opens processes without a race. They are found by a name, a pidfd from another source, a pid file, or a relative.</summary>
public static class ProcessOpenExtensions
{
    /// <summary>
    /// Opens the processes that have a name, as <see cref="Process.GetProcessesByName(string)"/> does, but without a race. Opens the pidfd first and
    /// reads the name second, and then checks that the pidfd's process still holds the PID.
    /// </summary>
    /// <param name="registry">The registry.</param>
    /// <param name="processName">The name, as <see cref="Process.ProcessName"/> returns it. The case of letters is ignored.</param>
    /// <returns>
    /// The processes, attached. The caller disposes each object. A process that is reaped during the call is left out. This program is included if it
    /// has the name.
    /// </returns>
    /// <exception cref="ArgumentException"><paramref name="processName"/> is <see langword="null"/> or empty.</exception>
    /// <exception cref="ObjectDisposedException">The registry is disposed.</exception>
    /// <remarks>
    /// A name does not identify a program, because another program may have the same name. Without pidfds the call lists the processes in the same
    /// way, and then opens them by PID.
    /// </remarks>
    public static Process[] OpenByName(this ProcessHandleRegistry registry, string processName)
    {
        ArgumentNullException.ThrowIfNull(registry);
        return FindCalls.OpenByName(registry.Runs, processName);
    }

    /// <summary>
    /// Opens the process of a pidfd from another source. It may come from a socket (<c>SCM_RIGHTS</c>, <c>SO_PEERPIDFD</c>), a service manager, or
    /// your own system call.
    /// </summary>
    /// <param name="registry">The registry.</param>
    /// <param name="pidFd">The pidfd. The caller keeps it, because the process is attached to a duplicate, which is close-on-exec.</param>
    /// <returns>The process, attached.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="pidFd"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">
    /// The descriptor is no pidfd, or refers to a thread (<c>PIDFD_THREAD</c>). Or its process has been reaped, or is not visible in this PID
    /// namespace.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">
    /// This is not Linux, or neither the ioctl <c>PIDFD_GET_INFO</c> (Linux 6.13) nor <c>/proc</c> tells the PID.
    /// </exception>
    /// <exception cref="Win32Exception">A system call failed for another reason, for example because no descriptor is free.</exception>
    /// <exception cref="ObjectDisposedException">The handle is closed, or the registry is disposed.</exception>
    public static Process Open(this ProcessHandleRegistry registry, SafePidFdHandle pidFd)
    {
        ArgumentNullException.ThrowIfNull(registry);
        return FindCalls.Open(registry.Runs, pidFd);
    }

    /// <summary>Opens the process whose PID a daemon has written into a file, unless the process is younger than the file.</summary>
    /// <param name="registry">The registry.</param>
    /// <param name="path">The file. Its first line is the PID.</param>
    /// <returns>The process, attached.</returns>
    /// <exception cref="ArgumentException">No process has the PID, or the process that has it started after the file was written.</exception>
    /// <exception cref="FormatException">The first line is no PID.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    /// <exception cref="PlatformNotSupportedException">This is not Linux, or <c>/proc</c> does not tell when the process started.</exception>
    /// <exception cref="System.ComponentModel.Win32Exception">The start cannot be read because a resource is short (EMFILE, for example).</exception>
    /// <exception cref="ObjectDisposedException">The registry is disposed.</exception>
    /// <remarks>
    /// A PID in a file is only a guess. The call compares the start of the process with the last write to the file. If the file was copied or touched
    /// later, or the clock was set back, the call can accept another process. If the clock was set forward, it can refuse the right process. A
    /// program that writes the file itself should write a <see cref="ProcessIdentity"/>.
    /// </remarks>
    public static Process OpenPidFile(this ProcessHandleRegistry registry, string path)
    {
        ArgumentNullException.ThrowIfNull(registry);
        return PidFileCalls.Open(registry.Runs, path);
    }

    /// <summary>Opens a process by its PID as <see cref="ProcessHandleRegistry.Open(int)"/> does, if one has the PID.</summary>
    /// <param name="registry">The registry.</param>
    /// <param name="processId">The PID.</param>
    /// <param name="process">The process, attached.</param>
    /// <returns><see langword="false"/> if no process has this PID, it is not positive, or it is the id of a thread.</returns>
    /// <exception cref="ObjectDisposedException">The registry is disposed.</exception>
    public static bool TryOpen(this ProcessHandleRegistry registry, int processId, [NotNullWhen(true)] out Process? process)
    {
        ArgumentNullException.ThrowIfNull(registry);
        process = FindCalls.Find(registry.Runs, processId);
        return process is not null;
    }

    /// <summary>Opens the process of an identity as <see cref="ProcessHandleRegistry.Open(ProcessIdentity)"/> does, if it still exists.</summary>
    /// <param name="registry">The registry.</param>
    /// <param name="identity">The identity.</param>
    /// <param name="process">The process, attached.</param>
    /// <returns><see langword="false"/> if the process is gone.</returns>
    /// <exception cref="PlatformNotSupportedException">
    /// The identity cannot be compared here (see <see cref="PidFdSupport.IdentityReason"/>).
    /// </exception>
    /// <exception cref="Win32Exception">A system call failed for another reason, for example because no descriptor is free.</exception>
    /// <exception cref="ObjectDisposedException">The registry is disposed.</exception>
    public static bool TryOpen(
        this ProcessHandleRegistry registry, ProcessIdentity identity, [NotNullWhen(true)] out Process? process)
    {
        ArgumentNullException.ThrowIfNull(registry);
        process = IdentityCalls.Find(registry.Runs, identity, out _);
        return process is not null;
    }

    /// <inheritdoc cref="ProcessIdentityExtensions.GetChildrenViaPidFd"/>
    /// <param name="registry">The registry.</param>
    /// <param name="process">The process, which may be the calling one.</param>
    public static Process[] GetChildren(this ProcessHandleRegistry registry, Process process)
    {
        ArgumentNullException.ThrowIfNull(registry);
        return RelativeCalls.Open(registry.Runs, process, all: false);
    }

    /// <inheritdoc cref="ProcessIdentityExtensions.GetDescendantsViaPidFd"/>
    /// <param name="registry">The registry.</param>
    /// <param name="process">The process, which may be the calling one.</param>
    public static Process[] GetDescendants(this ProcessHandleRegistry registry, Process process)
    {
        ArgumentNullException.ThrowIfNull(registry);
        return RelativeCalls.Open(registry.Runs, process, all: true);
    }

    /// <inheritdoc cref="ProcessIdentityExtensions.WaitForTreeExitPidFdAsync"/>
    /// <param name="registry">The registry.</param>
    /// <param name="process">The process. It may be neither the calling one nor an ancestor of it.</param>
    /// <param name="cancellationToken">Ends the wait. The processes and other waits go on.</param>
    public static Task WaitForTreeExitAsync(
        this ProcessHandleRegistry registry, Process process, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(registry);
        return RelativeCalls.WaitForTreeExitAsync(registry.Runs, process, cancellationToken);
    }
}
