namespace PidFdProcess.Linux;

/// <summary>Keeps the result of the probe of pidfs. Probes again only if the failure may pass.</summary>
internal sealed class PidFsProbe(IKernel kernel, IPidFs calls)
{
    private PidFsAbility? _ability;

    /// <summary>Gets the probe of the kernel that this program runs on.</summary>
    public static PidFsProbe OfThisKernel { get; } = new(LinuxKernel.Instance, LinuxPidFs.Instance);

    public IKernel Kernel => kernel;

    public IPidFs Calls => calls;

    public PidFsAbility Ability
    {
        get
        {
            if (Volatile.Read(ref _ability) is { IsFinal: true } known)
            {
                return known;
            }

            // Two threads may probe at once and come to the same result.
            PidFsAbility ability = PidFsAbility.Probe(kernel, calls);
            Volatile.Write(ref _ability, ability);
            return ability;
        }
    }
}
