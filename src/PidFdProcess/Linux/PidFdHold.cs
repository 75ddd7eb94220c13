namespace PidFdProcess.Linux;

/// <summary>
/// A hold on an open pidfd. Until it is disposed, the descriptor stays open and its number cannot be reused, even if another thread disposes the
/// handle.
/// </summary>
internal readonly ref struct PidFdHold
{
    private readonly SafePidFdHandle _pidFd;

    /// <exception cref="ObjectDisposedException">The descriptor is closed.</exception>
    public PidFdHold(SafePidFdHandle pidFd)
    {
        bool referenced = false;
        pidFd.DangerousAddRef(ref referenced);
        _pidFd = pidFd;
    }

    public int Descriptor => (int)_pidFd.DangerousGetHandle();

    public void Dispose() => _pidFd.DangerousRelease();
}
