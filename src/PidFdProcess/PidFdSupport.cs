using PidFdProcess.Linux;

namespace PidFdProcess;

/// <summary>Whether pidfds work in this process, and if not, why.</summary>
/// <remarks>
/// <para>
/// Found out once, at first use, by trying every call on the process itself: <c>pidfd_open(2)</c>, <c>waitid(2)</c> with <c>P_PIDFD</c>,
/// <c>pidfd_send_signal(2)</c>, <c>poll(2)</c> and <c>epoll(7)</c>. That takes Linux 5.4 or later and a seccomp profile that allows them.
/// A probe that failed because descriptors or memory were short is not final: the next attachment repeats it.
/// </para>
/// <para>
/// An operator can send everything to the stock runtime without a rebuild: with the environment variable <c>PIDFDPROCESS_DISABLED=1</c>
/// or the AppContext switch <c>PidFdProcess.Disabled</c> (for example in <c>runtimeconfig.json</c>). A registry reads both when it is made.
/// </para>
/// </remarks>
public sealed class PidFdSupport
{
    internal const string DisabledSwitch = "PidFdProcess.Disabled";
    internal const string DisabledVariable = "PIDFDPROCESS_DISABLED";

    private readonly Errno _error;

    private PidFdSupport(bool isSupported, string reason, Errno error)
    {
        IsSupported = isSupported;
        Reason = reason;
        _error = error;
    }

    /// <summary>Gets whether processes can be attached through pidfds.</summary>
    public bool IsSupported { get; }

    /// <summary>
    /// Gets the reason in words a person can act on, for example <c>pidfd_open: ENOSYS (Linux older than 5.3 or seccomp)</c>.
    /// </summary>
    public string Reason { get; }

    /// <summary>Gets the errno of the call that failed; <see langword="null"/> if none did.</summary>
    public Mono.Unix.Native.Errno? Error => _error == 0 ? null : (Mono.Unix.Native.Errno)_error;

    /// <summary>
    /// Gets how a process is found again by its <see cref="ProcessIdentity"/>. A call that the kernel lacks, or that seccomp forbids, costs one step:
    /// from <see cref="ProcessIdentityMethod.FileHandle"/> to <see cref="ProcessIdentityMethod.PidFdId"/> to
    /// <see cref="ProcessIdentityMethod.StartTicks"/>. Found out at first use.
    /// </summary>
    public ProcessIdentityMethod IdentityMethod => IsSupported
        ? PidFsAbility.OfThisKernel.Method
        : OperatingSystem.IsLinux() ? ProcessIdentityMethod.StartTicks : ProcessIdentityMethod.None;

    /// <summary>
    /// Gets why it is not a finer one, in words a person can act on, for example <c>processes are identified by PID and pidfs id;
    /// open_by_handle_at: EPERM (seccomp or another security module forbids it; allow the call in the container's profile)</c>.
    /// </summary>
    public string IdentityReason => IsSupported
        ? PidFsAbility.OfThisKernel.Reason
        : OperatingSystem.IsLinux() ? $"processes are identified by PID and start time, 10 ms fine; {ToString()}" : Reason;

    internal static PidFdSupport Supported { get; } = new(true, "pidfds work", 0);

    internal static PidFdSupport NotLinux { get; } = new(false, "not Linux: the stock runtime does the work", 0);

    /// <summary>Gets whether another probe could end differently.</summary>
    internal bool IsFinal => !SystemCallError.IsResource(_error);

    /// <inheritdoc/>
    public override string ToString() => IsSupported ? Reason : $"pidfds are not used: {Reason}";

    internal static PidFdSupport Unsupported(string reason, Errno error = 0) => new(false, reason, error);

    /// <summary>What an operator said; <see langword="null"/> if nothing.</summary>
    internal static PidFdSupport? DisabledByOperator()
    {
        if (Environment.GetEnvironmentVariable(DisabledVariable) is "1" or "true" or "True" or "TRUE")
        {
            return Unsupported($"disabled by the environment variable {DisabledVariable}");
        }

        return AppContext.TryGetSwitch(DisabledSwitch, out bool disabled) && disabled
            ? Unsupported($"disabled by the AppContext switch {DisabledSwitch}")
            : null;
    }
}
