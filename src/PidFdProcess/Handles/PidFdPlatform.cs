using PidFdProcess.Diagnostics;
using PidFdProcess.Linux;

namespace PidFdProcess.Handles;

/// <summary>What all registries of this process share: the kernel, the probe's result, the exit watcher.</summary>
internal sealed class PidFdPlatform(IKernel kernel, bool completesInline = false)
{
    private static readonly Lazy<PidFdPlatform> s_shared = new(() => new PidFdPlatform(LinuxKernel.Instance, InlineCompletions.AreRequested()));

    private readonly object _probeGate = new();
    private PidFdSupport? _support;

    public static PidFdPlatform Shared => s_shared.Value;

    public IKernel Kernel { get; } = kernel;

    /// <summary>Gets whether asynchronous waits complete on the watcher's thread.</summary>
    public bool CompletesInline { get; } = completesInline;

    public ExitEventLoop Watcher { get; } = new(kernel, runsUserCode: completesInline);

    /// <summary>Gets the probe's result. Runs it at first use, and again only after it failed for want of resources.</summary>
    public PidFdSupport Support
    {
        get
        {
            if (Volatile.Read(ref _support) is { IsFinal: true } known)
            {
                return known;
            }

            lock (_probeGate)
            {
                if (_support is not { IsFinal: true })
                {
                    _support = PidFdProbe.Run(Kernel);
                    PidFdEventSource.Log.Probed(_support.IsSupported, _support.Reason);
                }

                return _support;
            }
        }
    }
}
