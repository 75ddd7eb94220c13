using PidFdProcess.Diagnostics;
using PidFdProcess.Linux;

namespace PidFdProcess.Handles;

/// <summary>What all registries of this process share: the kernel, the probe's result, the event loop.</summary>
internal sealed class PidFdPlatform(IKernel kernel, bool completesInline = false)
{
    private readonly object _probeGate = new();
    private PidFdSupport? _support;

    public static PidFdPlatform Shared { get; } = new(LinuxKernel.Instance, InlineCompletions.AreRequested());

    public IKernel Kernel { get; } = kernel;

    /// <summary>Gets whether asynchronous waits complete on the thread of the event loop.</summary>
    public bool CompletesInline { get; } = completesInline;

    /// <summary>Gets how processes are named by their pidfds; tests replace it.</summary>
    public PidFs PidFs { get; init; } = new(kernel, LinuxPidFs.Instance);

    public ExitEventLoop EventLoop { get; } = new(kernel, runsUserCode: completesInline);

    /// <summary>Gets the probe's result. Runs it at first use, and again only after it failed because resources were short.</summary>
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

            // Listeners are user code, so not under the lock.
            Telemetry.NoteProbed(probed.IsSupported, probed.Reason);
            return probed;
        }
    }
}
