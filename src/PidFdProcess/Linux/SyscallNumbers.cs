using System.Runtime.InteropServices;

namespace PidFdProcess.Linux;

/// <summary>
/// The numbers of the system calls that are made by number. Since Linux 5.1, a new call has the same number on every architecture. Older calls have
/// different numbers. MIPS adds an offset and swaps two fields of siginfo, but .NET does not run on it.
/// </summary>
internal readonly record struct SyscallNumbers(int WaitId, int TgKill, int PrLimit64, int GetDents64, int StatX)
{
    // Architecture has no member for it in .NET 8.
    internal const Architecture RiscV64 = (Architecture)9;

    /// <summary>The number of no call. The kernel answers ENOSYS, so that the probe rejects an unknown architecture.</summary>
    public const int None = -1;

    public static SyscallNumbers Current { get; } = For(RuntimeInformation.ProcessArchitecture);

    public int PidFdSendSignal => WaitId == None ? None : 424;

    public int PidFdOpen => WaitId == None ? None : 434;

    public static SyscallNumbers For(Architecture architecture) => architecture switch
    {
        Architecture.X64 => new(247, 234, 302, 217, 332),
        Architecture.X86 => new(284, 270, 340, 220, 383),
        Architecture.Arm or Architecture.Armv6 => new(280, 268, 369, 217, 397),
        Architecture.Arm64 or Architecture.LoongArch64 or RiscV64 => new(95, 131, 261, 61, 291),
        Architecture.S390x => new(281, 241, 334, 220, 379),
        Architecture.Ppc64le => new(272, 250, 325, 202, 383),
        _ => new(None, None, None, None, None),
    };
}
