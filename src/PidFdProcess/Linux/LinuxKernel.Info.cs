using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Text.Unicode;

namespace PidFdProcess.Linux;

// What the kernel tells of a process that is no child of ours.
internal sealed unsafe partial class LinuxKernel
{
    // _IOWR(0xFF, 11, struct pidfd_info) with the 64 bytes of its first version; the number is the same on every architecture.
    private const nuint PidFdGetInfo = 0xC040FF0B;
    private const ulong PidFdInfoExit = 1 << 3;
    private const int StatBufferSize = 1024;

    public static bool IsProcOfThisNamespace => Proc.IsOfThisNamespace;

    public Errno PidFdGetExit(SafePidFdHandle pidFd, out WaitStatus? status)
    {
        PidFdInfo info = new() { Mask = PidFdInfoExit };
        Errno error = ErrnoOf(Libc.Ioctl(pidFd, PidFdGetInfo, &info));
        status = error == 0 && (info.Mask & PidFdInfoExit) != 0 ? new WaitStatus(info.ExitCode) : null;
        return error;
    }

    public Errno ReadProcStat(int processId, out ProcStat stat)
    {
        stat = default;
        if (!Proc.IsOfThisNamespace)
        {
            return Errno.ENOENT;
        }

        Span<byte> text = stackalloc byte[StatBufferSize];
        ProcPath.Write(text, "/proc/"u8, processId, "/stat\0"u8);
        Errno error = ProcFile.Open(text, out ProcFile file);
        if (error != 0)
        {
            return error;
        }

        using (file)
        {
            error = file.Read(text, out int length);
            if (error != 0)
            {
                return error;
            }

            text = text[..length];
        }

        if (!ProcStat.TryParse(text, out stat))
        {
            return Errno.EINVAL;
        }

        if (stat.ExitCode is { Raw: 0 } && stat.IsZombie && !MayReadExitCode(processId))
        {
            stat = stat with { ExitCode = null };
        }

        return 0;
    }

    private static int? ReadProcSelf()
    {
        byte* target = stackalloc byte[16];
        ReadOnlySpan<byte> path = "/proc/self\0"u8;
        fixed (byte* pointer = path)
        {
            nint length = Libc.ReadLink(pointer, target, 16);
            return length > 0 && Utf8Parser.TryParse(new ReadOnlySpan<byte>(target, (int)length), out int processId, out _) ? processId : null;
        }
    }

    // Without the right to trace the process, stat shows 0 for the exit code. The same right decides about the exe link: for a zombie it
    // answers ENOENT with it and EACCES without.
    private static bool MayReadExitCode(int processId)
    {
        byte* path = stackalloc byte[64];
        Utf8.TryWrite(new Span<byte>(path, 64), $"/proc/{processId}/exe\0", out _);
        byte target;
        return ErrnoOf(Libc.ReadLink(path, &target, 1)) != Errno.EACCES;
    }

    // A class of its own, because another OS has no libc to ask.
    private static class Proc
    {
        /// <summary>Gets whether /proc has the processes of this PID namespace (<c>pid_namespaces(7)</c>). Another one has other processes.</summary>
        public static bool IsOfThisNamespace { get; } = ReadProcSelf() == Environment.ProcessId;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct PidFdInfo
    {
        public ulong Mask;
        public ulong CgroupId;
        public Ids Ids;
        public int ExitCode;
    }

    [System.Runtime.CompilerServices.InlineArray(11)]
    private struct Ids
    {
        private int _first;
    }
}
