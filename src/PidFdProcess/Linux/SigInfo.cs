using System.Buffers.Binary;

namespace PidFdProcess.Linux;

/// <summary>
/// The answer of <c>waitid(2)</c>, which is the SIGCHLD form of <c>siginfo_t</c> and has 128 bytes. On 64-bit machines the first three ints are
/// followed by four bytes of padding.
/// </summary>
/// <param name="Code">si_code, one of <c>CLD_*</c>.</param>
/// <param name="ProcessId">si_pid, or 0 if WNOHANG found no state change.</param>
/// <param name="Status">si_status, which is the exit code or the signal.</param>
internal readonly record struct SigInfo(int Code, int ProcessId, int Status)
{
    public const int Size = 128;

    public const int CodeOffset = 8;

    public static int ProcessIdOffset(bool is64Bit) => is64Bit ? 16 : 12;

    public static int StatusOffset(bool is64Bit) => ProcessIdOffset(is64Bit) + 8;

    public static SigInfo Read(ReadOnlySpan<byte> info, bool is64Bit) => new(
        ReadInt(info, CodeOffset),
        ReadInt(info, ProcessIdOffset(is64Bit)),
        ReadInt(info, StatusOffset(is64Bit)));

    private static int ReadInt(ReadOnlySpan<byte> info, int offset) =>
        BitConverter.IsLittleEndian ? BinaryPrimitives.ReadInt32LittleEndian(info[offset..]) : BinaryPrimitives.ReadInt32BigEndian(info[offset..]);
}
