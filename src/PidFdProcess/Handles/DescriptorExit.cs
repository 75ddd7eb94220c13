namespace PidFdProcess.Handles;

/// <summary>
/// The registration of a pidfd that belongs to no attachment. No other registration may have the same descriptor, because an epoll set takes a
/// descriptor only once.
/// </summary>
internal sealed class DescriptorExit(SafePidFdHandle pidFd, IWaitOwner owner) : ExitRegistration(pidFd, owner)
{
    public override void CaptureExit()
    {
        // Nothing asks for the status.
    }
}
