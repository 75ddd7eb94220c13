using Microsoft.Win32.SafeHandles;
using PidFdProcess.Linux;

namespace PidFdProcess;

/// <summary>A pidfd, a file descriptor that names one process, and no other, for as long as it is open. See <c>pidfd_open(2)</c>.</summary>
/// <remarks>
/// The descriptor is close-on-exec. It does not keep the process alive and never reaps it. <c>poll(2)</c> reports <c>POLLIN</c> once the process has
/// exited. Do not pass the descriptor to <c>waitid(P_PIDFD)</c> without <c>WNOWAIT</c>, because that reaps the child. The .NET runtime then ends the
/// program with <see cref="Environment.FailFast(string)"/>, or its waits hang.
/// </remarks>
public sealed class SafePidFdHandle : SafeHandleMinusOneIsInvalid
{
    /// <summary>Initializes an invalid handle (-1), for source-generated marshalling.</summary>
    public SafePidFdHandle()
        : base(ownsHandle: true)
    {
    }

    /// <summary>Wraps an existing pidfd.</summary>
    /// <param name="existingHandle">The file descriptor. 0 is valid. The invalid value is -1.</param>
    /// <param name="ownsHandle"><see langword="true"/> to close the descriptor when this handle is released.</param>
    public SafePidFdHandle(nint existingHandle, bool ownsHandle)
        : base(ownsHandle) => SetHandle(existingHandle);

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => Libc.Close((int)handle) == 0;
}
