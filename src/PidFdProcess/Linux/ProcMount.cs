using System.Buffers.Text;

namespace PidFdProcess.Linux;

/// <summary>Whether the mounted <c>/proc</c> can be used.</summary>
internal static unsafe class ProcMount
{
    private const int TargetSize = 16;

    /// <summary>
    /// Gets whether /proc lists the processes of this PID namespace (<c>pid_namespaces(7)</c>). In another namespace a PID means another process.
    /// </summary>
    public static bool IsOfThisNamespace { get; } = ReadSelf() == Environment.ProcessId;

    private static int? ReadSelf()
    {
        byte* target = stackalloc byte[TargetSize];
        ReadOnlySpan<byte> path = "/proc/self\0"u8;
        fixed (byte* pointer = path)
        {
            nint length = Libc.ReadLink(pointer, target, TargetSize);
            return length > 0 && Utf8Parser.TryParse(new ReadOnlySpan<byte>(target, (int)length), out int processId, out _) ? processId : null;
        }
    }
}
