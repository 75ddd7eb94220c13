using PidFdProcess.Attachments;
using PidFdProcess.Handles;
using PidFdProcess.Linux;

namespace PidFdProcess.Tests.Support;

/// <summary>
/// The calls of the real kernel about identities, with hooks. A hook may answer a call with an errno. If it returns <see langword="null"/>, the call
/// goes on to the kernel.
/// </summary>
internal sealed class HookedPidFs : IPidFs
{
    private readonly LinuxPidFs _real = LinuxPidFs.Instance;

    public Func<Errno?>? OnIsOnPidFs { get; set; }

    public Func<Errno?>? OnGetInode { get; set; }

    /// <summary>Gets or sets whether a seccomp filter is on. Without a value, the kernel tells it.</summary>
    public bool? HasFilter { get; set; }

    public Func<Errno?>? OnHasSeccompFilter { get; set; }

    public Func<Errno?>? OnGetHandle { get; set; }

    public Func<ulong, Errno?>? OnOpenByHandle { get; set; }

    public Func<Errno?>? OnGetProcessId { get; set; }

    public Func<int?>? OnGetParentId { get; set; }

    public Func<Errno?>? OnReadBootId { get; set; }

    /// <summary>Gets or sets what changes the boot id.</summary>
    public Func<Guid, Guid>? ChangeBootId { get; set; }

    /// <summary>Gets or sets what changes the PID of a pidfd.</summary>
    public Func<int, int>? ChangeProcessId { get; set; }

    /// <summary>Gets or sets whether pidfds are on pidfs, as since Linux 6.9.</summary>
    public bool HasPidFs { get; set; } = true;

    /// <summary>Makes a kernel that has the calls for the method, but not the later ones.</summary>
    public static HookedPidFs For(ProcessIdentityMethod method) => new()
    {
        HasPidFs = method >= ProcessIdentityMethod.PidFdId,
        OnGetHandle = method < ProcessIdentityMethod.FileHandle ? () => Errno.EOPNOTSUPP : null,
        OnOpenByHandle = method < ProcessIdentityMethod.FileHandle ? _ => throw new InvalidOperationException("Opened by handle.") : null,
    };

    /// <summary>Makes a registry that identifies processes by this method. The test is inconclusive if this kernel lacks it.</summary>
    public static ProcessHandleRegistry CreateRegistry(ProcessIdentityMethod method) => For(method).CreateRegistry(method);

    /// <inheritdoc cref="CreateRegistry(ProcessIdentityMethod)"/>
    public ProcessHandleRegistry CreateRegistry(
        ProcessIdentityMethod? method = null, HookedKernel? kernel = null, PidFdSupport? disabled = null)
    {
        kernel ??= new HookedKernel();
        PidFs pidFs = new(new PidFsProbe(kernel, this));
        if (method is not null && pidFs.Ability.Method != Enum.Parse<PidFsMethod>(method.Value.ToString()))
        {
            Assert.Inconclusive(pidFs.Ability.Reason);
        }

        return new(new AttachmentTable(new PidFdPlatform(kernel) { PidFs = pidFs }, disabled));
    }

    public Errno IsOnPidFs(SafePidFdHandle descriptor, out bool isOnPidFs)
    {
        isOnPidFs = false;
        if (OnIsOnPidFs?.Invoke() is { } error)
        {
            return error;
        }

        error = _real.IsOnPidFs(descriptor, out isOnPidFs);
        isOnPidFs &= HasPidFs;
        return error;
    }

    public Errno GetInode(SafePidFdHandle pidFd, out ulong inode)
    {
        inode = 0;
        return OnGetInode?.Invoke() ?? _real.GetInode(pidFd, out inode);
    }

    public Errno HasSeccompFilter(out bool hasFilter)
    {
        hasFilter = false;
        Errno error = OnHasSeccompFilter?.Invoke() ?? _real.HasSeccompFilter(out hasFilter);
        hasFilter = HasFilter ?? hasFilter;
        return error;
    }

    public Errno GetHandle(SafePidFdHandle pidFd, out int type, out ulong inode)
    {
        (type, inode) = (0, 0);
        return OnGetHandle?.Invoke() ?? _real.GetHandle(pidFd, out type, out inode);
    }

    public Errno OpenByHandle(SafePidFdHandle mount, int type, ulong inode, out SafePidFdHandle pidFd)
    {
        if (OnOpenByHandle?.Invoke(inode) is { } error)
        {
            pidFd = new SafePidFdHandle();
            return error;
        }

        return _real.OpenByHandle(mount, type, inode, out pidFd);
    }

    public Errno GetProcessId(SafePidFdHandle pidFd, out int processId)
    {
        processId = 0;
        if (OnGetProcessId?.Invoke() is { } error)
        {
            return error;
        }

        error = _real.GetProcessId(pidFd, out processId);
        processId = ChangeProcessId?.Invoke(processId) ?? processId;
        return error;
    }

    public Errno IsOfThread(SafePidFdHandle pidFd, out bool isOfThread) => _real.IsOfThread(pidFd, out isOfThread);

    public int GetParentId() => OnGetParentId?.Invoke() ?? _real.GetParentId();

    public Errno ReadBootId(out Guid bootId)
    {
        bootId = default;
        if (OnReadBootId?.Invoke() is { } error)
        {
            return error;
        }

        error = _real.ReadBootId(out bootId);
        bootId = ChangeBootId?.Invoke(bootId) ?? bootId;
        return error;
    }

    public Errno GetTimeSinceBoot(out TimeSpan time) => _real.GetTimeSinceBoot(out time);
}
