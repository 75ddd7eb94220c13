using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PidFdProcess.Conformance;

/// <summary>Where the program runs.</summary>
internal static class Host
{
    /// <summary>Gets whether there is a /proc for this PID namespace: that of another one has other processes under the same numbers.</summary>
    public static bool HasProc =>
        new FileInfo("/proc/self").LinkTarget == Environment.ProcessId.ToString(CultureInfo.InvariantCulture);

    /// <summary>Gets the release of the kernel, for example <c>6.1.0-40-cloud-amd64</c>.</summary>
    public static string Kernel { get; } = Native.KernelRelease();

    public static Version KernelVersion => Environment.OSVersion.Version;

    /// <summary>Gets for example <c>.NET 10.0.12 Native AOT linux-x64</c>.</summary>
    public static string Runtime { get; } =
        $".NET {Environment.Version}{(RuntimeFeature.IsDynamicCodeSupported ? "" : " Native AOT")} {RuntimeInformation.RuntimeIdentifier}";
}
