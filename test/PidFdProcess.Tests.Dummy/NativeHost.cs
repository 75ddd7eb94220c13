using System.Runtime.InteropServices;

namespace PidFdProcess.Tests.Dummy;

/// <summary>What native code of a host does behind the back of the runtime.</summary>
internal static partial class NativeHost
{
    private const int SigChld = 17;
    private const int AdoptOrphans = 36;

    /// <summary>Takes the runtime's handler of SIGCHLD away: nothing reaps any more.</summary>
    public static void LoseSigChld() => _ = Signal(SigChld, 0);

    /// <summary>Ignores SIGCHLD: the kernel reaps each child at its exit.</summary>
    public static void IgnoreSigChld() => _ = Signal(SigChld, 1);

    /// <summary>Makes this process the parent of its orphaned descendants.</summary>
    public static void AdoptDescendants() => _ = ProcessControl(AdoptOrphans, 1, 0, 0, 0);

    /// <summary>Reaps whichever child has exited, and returns its PID.</summary>
    public static int ReapAny() => WaitPid(-1, 0, 0);

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint Signal(int number, nint handler);

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int ProcessControl(int option, nuint argument2, nuint argument3, nuint argument4, nuint argument5);

    [LibraryImport("libc", EntryPoint = "waitpid")]
    private static partial int WaitPid(int processId, nint status, int options);
}
