namespace PidFdProcess.Handles;

/// <summary>
/// The registration of a pidfd that belongs to no attachment. No other registration may have the same descriptor, because an epoll set takes a
/// descriptor only once.
/// </summary>
internal sealed class DescriptorExit(SafePidFdHandle pidFd, IWaitOwner owner) : ExitRegistration(owner)
{
    public override SafePidFdHandle PidFd => pidFd;

    public override bool TryAddRef()
    {
        try
        {
            bool isReferenced = false;
            pidFd.DangerousAddRef(ref isReferenced);
            return true;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    public override void Release() => pidFd.DangerousRelease();

    public override void CaptureExit()
    {
        // Nothing asks for the status.
    }
}
