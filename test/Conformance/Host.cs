using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using PidFdProcess.Shared;

namespace PidFdProcess.Conformance;

/// <summary>Where the program runs.</summary>
internal static unsafe class Host
{
    private const int UtsNameLength = 65;
    private const int UtsNames = 6;
    private const int UtsRelease = 2;

    /// <summary>Gets the release of the kernel, for example <c>6.1.0-40-cloud-amd64</c>.</summary>
    public static string Kernel { get; } = KernelRelease();

    public static Version KernelVersion => Environment.OSVersion.Version;

    /// <summary>Gets for example <c>.NET 10.0.12 Native AOT linux-x64</c>.</summary>
    public static string Runtime { get; } =
        $".NET {Environment.Version}{(RuntimeFeature.IsDynamicCodeSupported ? "" : " Native AOT")} {RuntimeInformation.RuntimeIdentifier}";

    public static int Parse(string number) => int.Parse(number, CultureInfo.InvariantCulture);

    private static string KernelRelease()
    {
        byte* names = stackalloc byte[UtsNames * UtsNameLength];
        Check.Equal(0, Native.GetUtsNames(names));
        return Marshal.PtrToStringUTF8((nint)(names + (UtsRelease * UtsNameLength)))!;
    }
}
