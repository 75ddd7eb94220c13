using System.ComponentModel;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace PidFdProcess.CompilerServices;

/// <summary>
/// The methods that an app calls in place of the methods of <see cref="Process"/> when its project sets <c>PidFdProcessDropIn</c>. Only generated
/// code calls them. Code written by hand calls <see cref="ProcessPidFdExtensions"/>.
/// </summary>
/// <remarks>
/// The app does not know this library. So each method throws only the exceptions of the stock method that it replaces. A call on null throws
/// <see cref="NullReferenceException"/>, as an instance method does. Where pidfds do not work, each method calls the stock method.
/// </remarks>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class ProcessInterceptors
{
    private static bool IsActive => ProcessHandleRegistry.Default.Support.IsSupported;

    /// <summary>Replaces <see cref="Process.Kill()"/>.</summary>
    /// <param name="process">The process.</param>
    public static void Kill(Process process)
    {
        if (IsActive)
        {
            ProcessHandleRegistry.Default.Kill(NotNull(process));
            return;
        }

        process.Kill();
    }

    /// <summary>Replaces <see cref="Process.Kill(bool)"/>.</summary>
    /// <param name="process">The process.</param>
    /// <param name="entireProcessTree"><see langword="true"/> to kill the descendants, too.</param>
    /// <exception cref="AggregateException">Not all of the tree could be killed.</exception>
    public static void Kill(Process process, bool entireProcessTree)
    {
        if (!IsActive)
        {
            process.Kill(entireProcessTree);
            return;
        }

        try
        {
            ProcessHandleRegistry.Default.Kill(NotNull(process), entireProcessTree);
        }
        catch (Exception e) when (entireProcessTree && e is Win32Exception or TimeoutException)
        {
            // The stock method collects the failures of a tree in an AggregateException, even if only the root failed.
            throw new AggregateException("Not all processes in process tree could be terminated.", e);
        }
    }

    /// <summary>Replaces <see cref="Process.WaitForExit()"/>.</summary>
    /// <param name="process">The process.</param>
    public static void WaitForExit(Process process)
    {
        if (CanReplace(process))
        {
            ProcessHandleRegistry.Default.WaitForExit(process, Timeout.Infinite);
            return;
        }

        process.WaitForExit();
    }

    /// <summary>Replaces <see cref="Process.WaitForExit(int)"/>.</summary>
    /// <param name="process">The process.</param>
    /// <param name="milliseconds">The time in milliseconds.</param>
    /// <returns>Whether the process has exited.</returns>
    public static bool WaitForExit(Process process, int milliseconds) => milliseconds >= Timeout.Infinite && CanReplace(process)
        ? ProcessHandleRegistry.Default.WaitForExit(process, milliseconds)
        : process.WaitForExit(milliseconds);

    /// <summary>Replaces <see cref="Process.WaitForExit(TimeSpan)"/>.</summary>
    /// <param name="process">The process.</param>
    /// <param name="timeout">The time.</param>
    /// <returns>Whether the process has exited.</returns>
    public static bool WaitForExit(Process process, TimeSpan timeout) => CanReplace(process)
        ? process.WaitForExitPidFd(timeout)
        : process.WaitForExit(timeout);

    /// <summary>Replaces <see cref="Process.WaitForExitAsync(CancellationToken)"/>.</summary>
    /// <param name="process">The process.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>A task that ends with the exit.</returns>
    public static Task WaitForExitAsync(Process process, CancellationToken cancellationToken) => CanReplace(process)
        ? ProcessHandleRegistry.Default.WaitForExitAsync(process, cancellationToken)
        : process.WaitForExitAsync(cancellationToken);

    /// <summary>Replaces <see cref="Process.Start()"/>.</summary>
    /// <param name="process">The process.</param>
    /// <returns>The result of the stock method.</returns>
    public static bool Start(Process process)
    {
        bool started = process.Start();
        if (started)
        {
            Attach(process);
        }

        return started;
    }

    /// <summary>Replaces <see cref="Process.Start(ProcessStartInfo)"/>.</summary>
    /// <param name="startInfo">What to start.</param>
    /// <returns>The result of the stock method.</returns>
    public static Process? Start(ProcessStartInfo startInfo) => Attach(Process.Start(startInfo));

    /// <summary>Replaces <see cref="Process.Start(string)"/>.</summary>
    /// <param name="fileName">The program.</param>
    /// <returns>The result of the stock method.</returns>
    public static Process Start(string fileName) => Attach(Process.Start(fileName));

    /// <summary>Replaces <see cref="Process.Start(string, string)"/>.</summary>
    /// <param name="fileName">The program.</param>
    /// <param name="arguments">Its command line.</param>
    /// <returns>The result of the stock method.</returns>
    public static Process Start(string fileName, string? arguments) => Attach(Process.Start(fileName, arguments!));

    /// <summary>Replaces <see cref="Process.Start(string, IEnumerable{string})"/>.</summary>
    /// <param name="fileName">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <returns>The result of the stock method.</returns>
    public static Process Start(string fileName, IEnumerable<string> arguments) => Attach(Process.Start(fileName, arguments));

    /// <summary>Replaces <see cref="Process.GetProcessById(int)"/>.</summary>
    /// <param name="processId">The PID.</param>
    /// <returns>The process, attached.</returns>
    public static Process GetProcessById(int processId) =>
        TryOpen(processId, out Process? process) ? process : Attach(Process.GetProcessById(processId));

    /// <summary>Replaces <see cref="Process.GetProcessById(int, string)"/>.</summary>
    /// <param name="processId">The PID.</param>
    /// <param name="machineName">The machine. A dot means this machine.</param>
    /// <returns>The process, attached if it is on this machine.</returns>
    public static Process GetProcessById(int processId, string machineName) =>
        machineName == "." ? GetProcessById(processId) : Attach(Process.GetProcessById(processId, machineName));

    /// <summary>Opens a process by its PID without a race, if there is one and pidfds work.</summary>
    /// <param name="processId">The PID.</param>
    /// <param name="process">The process, attached.</param>
    /// <returns>
    /// <see langword="false"/> if the stock method has to answer. It has its own message for a process that does not exist. It also accepts thread
    /// ids, and PIDs that are not positive.
    /// </returns>
    public static bool TryOpen(int processId, [NotNullWhen(true)] out Process? process)
    {
        process = null;
        if (processId <= 0 || !IsActive)
        {
            return false;
        }

        try
        {
            process = ProcessHandleRegistry.Default.Open(processId);
            return true;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or Win32Exception)
        {
            return false;
        }
    }

    /// <summary>Attaches a process that a stock method has returned. Does not throw if it cannot be attached.</summary>
    /// <typeparam name="T">The type of the object, which may be nullable.</typeparam>
    /// <param name="process">The process, or <see langword="null"/>.</param>
    /// <returns>The same object.</returns>
    [return: NotNullIfNotNull(nameof(process))]
    [SuppressMessage("Design", "CA1031", Justification = "The stock method has succeeded. The app must not see why the attachment has not.")]
    public static T Attach<T>(T process)
        where T : Process?
    {
        try
        {
            if (process is not null && IsActive && process.Id > 0)
            {
                ProcessHandleRegistry.Default.Attach(process);
            }
        }
        catch (Exception)
        {
            // The process has exited and a handler of Exited has closed the object, or memory is short. The next call attaches it.
        }

        return process;
    }

    /// <summary>Replaces the <c>Process.Signal</c> of .NET 11.</summary>
    /// <param name="process">The process.</param>
    /// <param name="signal">The signal.</param>
    /// <param name="sent"><see langword="true"/> if it was sent, or <see langword="false"/> if the process has exited.</param>
    /// <returns><see langword="false"/> if the stock method has to answer.</returns>
    public static bool TrySignal(Process process, PosixSignal signal, out bool sent)
    {
        sent = false;

        // The stock method refuses 0, which sends nothing.
        if (signal == 0 || !CanReplace(process))
        {
            return false;
        }

        try
        {
            sent = ProcessHandleRegistry.Default.Signal(process, signal);
            return true;
        }
        catch (ArgumentOutOfRangeException)
        {
            // The stock method throws another exception for a signal that does not exist.
            return false;
        }
    }

    /// <summary>Returns whether calls on this object go through its pidfd. Otherwise the stock method has to answer.</summary>
    /// <param name="process">The process.</param>
    /// <returns>
    /// <see langword="false"/> if pidfds are not used or the object has no process. Also <see langword="false"/> if its PID is not positive and
    /// means a group, or is the id of a thread.
    /// </returns>
    public static bool CanReplace(Process process)
    {
        if (!IsActive)
        {
            return false;
        }

        try
        {
            if (process.Id <= 0)
            {
                return false;
            }

            // The registry refuses the id of a thread.
            ProcessHandleRegistry.Default.Attach(process);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    // The app calls an instance method, which throws NullReferenceException on null.
    private static Process NotNull(Process process)
    {
        _ = process.GetType();
        return process;
    }
}
