using PidFdProcess.Diagnostics;
using PidFdProcess.Linux;

namespace PidFdProcess.Handles;

/// <summary>The kernel, the probe's result and the event loop, which all registries of this process share.</summary>
internal sealed class PidFdPlatform(IKernel kernel, bool completesInline = false)
{
    private readonly object _probeGate = new();
    private PidFdSupport? _support;

    public static PidFdPlatform Shared { get; } = new(LinuxKernel.Instance, InlineCompletions.AreRequested())
    {
        PidFs = new PidFs(PidFsProbe.OfThisKernel),
    };

    public IKernel Kernel { get; } = kernel;

    /// <summary>Gets whether asynchronous waits complete on the thread of the event loop.</summary>
    public bool CompletesInline { get; } = completesInline;

    /// <summary>Gets how processes are named by their pidfds. Tests replace it.</summary>
    public PidFs PidFs { get; init; } = new(new PidFsProbe(kernel, LinuxPidFs.Instance));

    public ExitEventLoop EventLoop { get; } = new(kernel, runsUserCode: completesInline);

    /// <summary>Gets the probe's result. The probe runs at first use, and again only if its failure may pass.</summary>
    public PidFdSupport Support
    {
        get
        {
            if (Volatile.Read(ref _support) is { IsFinal: true } known)
            {
                return known;
            }

            PidFdSupport probed;
            lock (_probeGate)
            {
                if (_support is { IsFinal: true })
                {
                    return _support;
                }

                _support = probed = PidFdProbe.Run(Kernel);
            }

            // Not under the lock, because listeners are user code.
            Telemetry.NoteProbed(probed.IsSupported, probed.Reason);
            return probed;
        }
    }
}
