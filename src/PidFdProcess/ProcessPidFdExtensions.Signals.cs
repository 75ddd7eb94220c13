using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Mono.Unix.Native;

namespace PidFdProcess;

public static partial class ProcessPidFdExtensions
{
    /// <summary>Sends a signal by <c>pidfd_send_signal(2)</c>, and never to another process that got the same PID.</summary>
    /// <param name="process">The process.</param>
    /// <param name="signal">
    /// The signal. Positive values are the raw numbers of Linux, real-time signals included; 0 only looks whether the process is there.
    /// </param>
    /// <returns>
    /// <see langword="true"/> if it was sent; <see langword="false"/> if the process has exited. A zombie that its parent has not reaped yet
    /// takes signals, to no effect.
    /// </returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">No signal has this number; nothing was called.</exception>
    /// <exception cref="InvalidOperationException">The object has no process: it has not been started, or was closed.</exception>
    /// <exception cref="Win32Exception">
    /// The process may not be signalled (EPERM, in <see cref="Win32Exception.NativeErrorCode"/>).
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">On Windows, for any signal but SIGKILL.</exception>
    /// <remarks>
    /// Without pidfd: <c>kill(2)</c>, after the runtime was asked whether the process has exited; on Windows SIGKILL is <see cref="Process.Kill()"/>.
    /// </remarks>
    public static bool SignalViaPidFd(this Process process, PosixSignal signal) => ProcessHandleRegistry.Default.Signal(process, signal);

    /// <summary>Sends a signal by <c>pidfd_send_signal(2)</c>, and never to another process that got the same PID.</summary>
    /// <param name="process">The process.</param>
    /// <param name="signal">The signal, for those that <see cref="PosixSignal"/> has no name for.</param>
    /// <returns><inheritdoc cref="SignalViaPidFd(Process, PosixSignal)" path="/returns"/></returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">No signal has this number; nothing was called.</exception>
    /// <exception cref="InvalidOperationException">The object has no process: it has not been started, or was closed.</exception>
    /// <exception cref="Win32Exception">
    /// The process may not be signalled (EPERM, in <see cref="Win32Exception.NativeErrorCode"/>).
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">On Windows, for any signal but SIGKILL.</exception>
    /// <remarks><inheritdoc cref="SignalViaPidFd(Process, PosixSignal)" path="/remarks"/></remarks>
    public static bool SignalViaPidFd(this Process process, Signum signal) => ProcessHandleRegistry.Default.Signal(process, signal);
}
