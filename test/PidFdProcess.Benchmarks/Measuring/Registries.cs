using PidFdProcess.Linux;

namespace PidFdProcess.Benchmarks.Measuring;

/// <summary>The two kinds of completion side by side. A program has one of them; the switch is read once.</summary>
internal static class Registries
{
    public static ProcessHandleRegistry Hop { get; } = new(new PidFdPlatform(LinuxKernel.Instance));

    public static ProcessHandleRegistry Inline { get; } = new(new PidFdPlatform(LinuxKernel.Instance, completesInline: true));
}
