using System.Runtime.InteropServices;

namespace PidFdProcess.Linux;

/// <summary>
/// Layout of <c>struct epoll_event</c>. It has 32 bits of events, and 64 bits that the kernel hands back unchanged. On x64 and i386 the two are
/// adjacent. On other architectures the second is aligned to 8 bytes.
/// </summary>
internal static class EpollEvent
{
    public const int MaxSize = 16;

    public const uint In = 0x1;
    public const uint OneShot = 1u << 30;

    public static int TokenOffset(Architecture architecture) => architecture is Architecture.X64 or Architecture.X86 ? 4 : 8;

    public static int Size(Architecture architecture) => TokenOffset(architecture) + sizeof(ulong);
}
