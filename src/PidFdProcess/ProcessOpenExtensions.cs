using System.ComponentModel;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using PidFdProcess.Calls;

namespace PidFdProcess;

/// <summary>More ways to open a process without a race: by its name, by a pidfd from elsewhere, by a pid file, or only if it is there.</summary>
public static class ProcessOpenExtensions
{
    /// <summary>
    /// Finds the processes with a name, as <see cref="Process.GetProcessesByName(string)"/>, without a race: opens the pidfd first, then reads the
    /// name,
    /// then checks that the pidfd's process still holds the PID.
    /// </summary>
    /// <param name="registry">The registry.</param>
    /// <param name="processName">The name, as <see cref="Process.ProcessName"/> returns it. Upper and lower case are the same.</param>
    /// <returns>The processes, attached. A process that vanishes during the call is left out.</returns>
    /// <exception cref="ArgumentException"><paramref name="processName"/> is <see langword="null"/> or empty.</exception>
    /// <exception cref="ObjectDisposedException">The registry is disposed.</exception>
    /// <remarks>A name is no identity, because another program may have the same one. Without pidfds: <see
    /// cref="Process.GetProcessesByName(string)"/>.</remarks>
    public static Process[] OpenByName(this ProcessHandleRegistry registry, string processName)
    {
        ArgumentNullException.ThrowIfNull(registry);
        return FindCalls.OpenByName(registry.Runs, processName);
    }

    /// <summary>
    /// Opens the process of a pidfd that came from elsewhere: over a socket (<c>SCM_RIGHTS</c>), from <c>SO_PEERPIDFD</c>, from a service manager, or
    /// from a system call of your own.
    /// </summary>
    /// <param name="registry">The registry.</param>
    /// <param name="pidFd">The pidfd. It stays the caller's, because the process is attached to a duplicate, which is close-on-exec.</param>
    /// <returns>The process, attached.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="pidFd"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">
    /// The descriptor is no pidfd, or it refers to a thread (<c>PIDFD_THREAD</c>), or its process has been reaped, or is not visible in this PID
    /// namespace.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">
    /// This is not Linux, or neither the ioctl <c>PIDFD_GET_INFO</c> (Linux 6.13) nor <c>/proc</c> tells the PID.
    /// </exception>
    /// <exception cref="Win32Exception">A system call failed for another reason, such as no free descriptor.</exception>
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
    /// <exception cref="ArgumentException">
    /// No process has the PID, or it started after the file was written, so that it is not the one that the file means.
    /// </exception>
    /// <exception cref="FormatException">The first line is no PID.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    /// <exception cref="PlatformNotSupportedException">This is not Linux, or <c>/proc</c> does not tell when the process started.</exception>
    /// <exception cref="ObjectDisposedException">The registry is disposed.</exception>
    /// <remarks>
    /// A PID in a file is a guess, and this is the best that can be made of it. The age of the file is the time since its last write. A file that was
    /// copied or touched, and a clock that was set back since, can let a process pass that is not meant. A clock that was set forward can get the
    /// right one refused. A program that writes the file itself had better write a <see cref="ProcessIdentity"/>.
    /// </remarks>
    public static Process OpenPidFile(this ProcessHandleRegistry registry, string path)
    {
        ArgumentNullException.ThrowIfNull(registry);
        return PidFileCalls.Open(registry.Runs, path);
    }

    /// <summary>Opens a process by its PID as <see cref="ProcessHandleRegistry.Open(int)"/> does, if there is one.</summary>
    /// <param name="registry">The registry.</param>
    /// <param name="processId">The PID.</param>
    /// <param name="process">The process, attached.</param>
    /// <returns><see langword="false"/> if no process has this PID.</returns>
    /// <exception cref="ObjectDisposedException">The registry is disposed.</exception>
    public static bool TryOpen(this ProcessHandleRegistry registry, int processId, [NotNullWhen(true)] out Process? process)
    {
        ArgumentNullException.ThrowIfNull(registry);
        process = FindCalls.Find(registry.Runs, processId);
        return process is not null;
    }

    /// <summary>Opens the process that the identity names as <see cref="ProcessHandleRegistry.Open(ProcessIdentity)"/> does, if it is there
    /// still.</summary>
    /// <param name="registry">The registry.</param>
    /// <param name="identity">The identity.</param>
    /// <param name="process">The process, attached.</param>
    /// <returns><see langword="false"/> if the process is gone.</returns>
    /// <exception cref="PlatformNotSupportedException">The identity cannot be compared here.</exception>
    /// <exception cref="Win32Exception">A system call failed for another reason, such as no free descriptor.</exception>
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
    /// <param name="process">The process. It may not be the calling one.</param>
    /// <param name="cancellationToken">Ends the wait. The processes and other waits go on.</param>
    public static Task WaitForTreeExitAsync(
        this ProcessHandleRegistry registry, Process process, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(registry);
        return RelativeCalls.WaitForTreeExitAsync(registry.Runs, process, cancellationToken);
    }
}
