using System.Runtime.InteropServices;

namespace PidFdProcess.Tests.ExitStatus;

/// <summary>What <c>system(3)</c> says of a shell: the wait status from the kernel, past the runtime and this library.</summary>
internal static partial class NativeWait
{
    private const int CoreFlag = 0x80;

    public static bool DumpsCore(string script) => (Run(script) & CoreFlag) != 0;

    [LibraryImport("libc", EntryPoint = "system", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Run(string command);
}
