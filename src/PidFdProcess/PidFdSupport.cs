using PidFdProcess.Linux;

namespace PidFdProcess;

/// <summary>Whether pidfds work in this process, and the reason if they do not.</summary>
/// <remarks>
/// <para>
/// A probe runs once, at first use. It tries <c>pidfd_open(2)</c>, <c>waitid(2)</c> with <c>P_PIDFD</c>, <c>pidfd_send_signal(2)</c>, <c>poll(2)</c>
/// and <c>epoll(7)</c> on the process itself. They need Linux 5.4 or later and a seccomp profile that allows them. If the probe failed because
/// descriptors or memory were short, or because other code closed its descriptor, the next attachment repeats it.
/// </para>
/// <para>
/// An operator can send all calls to the stock runtime without a rebuild. The environment variable <c>PIDFDPROCESS_DISABLED=1</c> does it, and so
/// does the AppContext switch <c>PidFdProcess.Disabled</c> (for example in <c>runtimeconfig.json</c>). A registry reads both when it is made.
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

    /// <summary>Gets the reason in words that a person can act on, for example <c>pidfd_open: ENOSYS (Linux older than 5.3 or seccomp)</c>.</summary>
    public string Reason { get; }

    /// <summary>Gets the errno of the call that failed, or <see langword="null"/> if none did.</summary>
    public Mono.Unix.Native.Errno? Error => _error == 0 ? null : (Mono.Unix.Native.Errno)_error;

    /// <summary>
    /// Gets how a process is found again by its <see cref="ProcessIdentity"/>. The finest method is <see cref="ProcessIdentityMethod.FileHandle"/>,
    /// then comes <see cref="ProcessIdentityMethod.PidFdId"/>, then <see cref="ProcessIdentityMethod.StartTicks"/>. If the kernel lacks a call or
    /// seccomp forbids it, the next coarser method is used. Under a seccomp filter, the finest method is not tried, because the filter may end the
    /// program. The first use decides.
    /// </summary>
    public ProcessIdentityMethod IdentityMethod => IsSupported
        ? PidFsProbe.OfThisKernel.Ability.Method switch
        {
            PidFsMethod.FileHandle => ProcessIdentityMethod.FileHandle,
            PidFsMethod.PidFdId => ProcessIdentityMethod.PidFdId,
            _ => ProcessIdentityMethod.StartTicks,
        }
        : OperatingSystem.IsLinux() ? ProcessIdentityMethod.StartTicks : ProcessIdentityMethod.None;

    /// <summary>
    /// Gets why <see cref="IdentityMethod"/> is not a finer one, in words that a person can act on. The text names the method and, for example,
    /// <c>name_to_handle_at: EOPNOTSUPP</c> with the remedy.
    /// </summary>
    public string IdentityReason => IsSupported
        ? PidFsProbe.OfThisKernel.Ability.Reason
        : OperatingSystem.IsLinux() ? $"processes are identified by PID and start time, 10 ms fine, because {ToString()}" : Reason;

    internal static PidFdSupport Supported { get; } = new(true, "pidfds work", 0);

    internal static PidFdSupport NotLinux { get; } = new(false, "this is not Linux, so the stock methods do the work", 0);

    /// <summary>Gets whether another probe would end in the same way.</summary>
    internal bool IsFinal => !SystemCallError.MayPass(_error);

    /// <inheritdoc/>
    public override string ToString() => IsSupported ? Reason : $"pidfds are not used: {Reason}";

    internal static PidFdSupport Unsupported(string reason, Errno error = 0) => new(false, reason, error);

    /// <summary>Returns the answer of an operator, or <see langword="null"/> if both switches are off.</summary>
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
