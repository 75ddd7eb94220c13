using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PidFdProcess.Conformance;

/// <summary>Where the program runs.</summary>
internal static class Host
{
    public static bool HasProc => Directory.Exists("/proc/self");

    /// <summary>Gets the release of the kernel, for example <c>6.1.0-40-cloud-amd64</c>.</summary>
    public static string Kernel { get; } = Native.KernelRelease();

    public static Version KernelVersion => Environment.OSVersion.Version;

    /// <summary>Gets for example <c>.NET 10.0.12 Native AOT linux-x64</c>.</summary>
    public static string Runtime { get; } =
        $".NET {Environment.Version}{(RuntimeFeature.IsDynamicCodeSupported ? "" : " Native AOT")} {RuntimeInformation.RuntimeIdentifier}";
}
