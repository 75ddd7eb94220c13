using System.Buffers.Text;
using System.Runtime.InteropServices;

namespace PidFdProcess.Linux;

// Linux got pidfs in these releases:
//   6.9  pidfds are inodes of their own, with a number that is unique until the next boot
//   6.13 ioctl PIDFD_GET_INFO tells the PID
//   6.14 file handles, with which a process can be opened by its inode number alone
internal sealed unsafe class LinuxPidFs : IPidFs
{
    private const uint PidFsMagic = 0x50494446;
    private const int EmptyPath = 0x1000;
    private const int StatXInode = 0x100;
    private const int StatXSize = 256;
    private const int StatXInodeOffset = 32;
    private const int HandleSize = 8;
    private const int OpenReadWriteCloseOnExec = 0x80002;
    private const int GetStatusFlags = 3;
    private const int OpenExclusive = 0x80;
    private const int BootTimeClock = 7;
    private const int NanosecondsPerTick = 100;
    private const int FileSystemStatusSize = 256;
    private const int StatusBufferSize = 2048;

    public static LinuxPidFs Instance { get; } = new();

    public Errno IsOnPidFs(SafePidFdHandle descriptor, out bool isOnPidFs)
    {
        // The type is the first field. It is a word of the machine, or 32 bits on s390x. All machines with a field of 64 bits are little endian, so
        // the magic number is in its first 32 bits.
        ulong* status = stackalloc ulong[FileSystemStatusSize / sizeof(ulong)];
        *status = 0;
        Errno error = Libc.ErrnoOf(PidFsCalls.FileSystemStatus(descriptor, status));
        isOnPidFs = *(uint*)status == PidFsMagic;
        return error;
    }

    public Errno GetInode(SafePidFdHandle pidFd, out ulong inode)
    {
        // Unlike struct stat, struct statx has the same layout on every architecture.
        byte path = 0;
        ulong* status = stackalloc ulong[StatXSize / sizeof(ulong)];
        Errno error = Libc.ErrnoOf(PidFsCalls.SyscallStatX(SyscallNumbers.Current.StatX, pidFd, &path, EmptyPath, StatXInode, status));
        inode = status[StatXInodeOffset / sizeof(ulong)];
        return error;
    }

    public Errno HasSeccompFilter(out bool hasFilter)
    {
        hasFilter = false;
        Errno error = ProcFile.Open("/proc/thread-self/status\0"u8, out ProcFile file);
        if (error != 0)
        {
            return error;
        }

        using (file)
        {
            ReadOnlySpan<byte> name = "\nSeccomp:\t"u8;
            Span<byte> text = stackalloc byte[StatusBufferSize];
            int length = 0;
            for (;;)
            {
                error = file.Read(text[length..], out int count);
                if (error != 0 || count == 0)
                {
                    // A kernel without seccomp does not write this line.
                    return error;
                }

                length += count;
                int found = text[..length].IndexOf(name);
                if (found >= 0 && found + name.Length < length)
                {
                    hasFilter = text[found + name.Length] != (byte)'0';
                    return 0;
                }

                // The groups come before the line and may be many. Keep the end, because the line may begin there.
                int kept = Math.Min(length, name.Length);
                text[(length - kept)..length].CopyTo(text);
                length = kept;
            }
        }
    }

    public Errno GetHandle(SafePidFdHandle pidFd, out int type, out ulong inode)
    {
        byte path = 0;
        FileHandle handle = new() { Size = HandleSize };
        int mountId;
        Errno error = Libc.ErrnoOf(PidFsCalls.NameToHandleAt(pidFd, &path, &handle, &mountId, EmptyPath));
        type = handle.Type;
        inode = handle.Inode;
        return error != 0 || handle.Size == HandleSize ? error : Errno.EINVAL;
    }

    public Errno OpenByHandle(SafePidFdHandle mount, int type, ulong inode, out SafePidFdHandle pidFd)
    {
        FileHandle handle = new() { Size = HandleSize, Type = type, Inode = inode };
        int fd = PidFsCalls.OpenByHandleAt(mount, &handle, OpenReadWriteCloseOnExec);
        Errno error = Libc.ErrnoOf(fd);
        pidFd = new SafePidFdHandle(fd, ownsHandle: true);
        return error;
    }

    public Errno GetProcessId(SafePidFdHandle pidFd, out int processId)
    {
        Errno error = PidFdInfo.Get(pidFd, PidFdInfo.Pid, out PidFdInfo info);
        processId = info.ProcessId;

        // The ioctl fails before Linux 6.13, or if seccomp forbids it. It answers ESRCH if the parent of the process is not visible in this PID
        // namespace.
        return error != 0 && ProcMount.IsOfThisNamespace && TryReadFdInfo(pidFd, out processId) is { } other ? other : error;
    }

    public Errno IsOfThread(SafePidFdHandle pidFd, out bool isOfThread)
    {
        // PIDFD_THREAD is O_EXCL.
        int flags = PidFsCalls.Fcntl(pidFd, GetStatusFlags);
        isOfThread = (flags & OpenExclusive) != 0;
        return Libc.ErrnoOf(flags);
    }

    public int GetParentId() => PidFsCalls.GetParentId();

    public Errno ReadBootId(out Guid bootId)
    {
        bootId = default;
        Span<byte> text = stackalloc byte[64];
        Errno error = ReadFile("/proc/sys/kernel/random/boot_id\0"u8, ref text);
        return error != 0 || Utf8Parser.TryParse(text, out bootId, out _, 'D') ? error : Errno.EINVAL;
    }

    public Errno GetTimeSinceBoot(out TimeSpan time)
    {
        PidFsCalls.TimeSpec now;
        Errno error = Libc.ErrnoOf(PidFsCalls.ClockGetTime(BootTimeClock, &now));
        time = new TimeSpan((now.Seconds * TimeSpan.TicksPerSecond) + (now.Nanoseconds / NanosecondsPerTick));
        return error;
    }

    private static Errno? TryReadFdInfo(SafePidFdHandle pidFd, out int processId)
    {
        processId = 0;
        Span<byte> text = stackalloc byte[512];
        using (PidFdHold hold = new(pidFd))
        {
            ProcPath.Write(text, "/proc/self/fdinfo/"u8, hold.Descriptor, "\0"u8);
            if (ReadFile(text, ref text) != 0)
            {
                return null;
            }
        }

        ReadOnlySpan<byte> name = "\nPid:\t"u8;
        int start = text.IndexOf(name);
        if (start < 0 || !Utf8Parser.TryParse(text[(start + name.Length)..], out processId, out _))
        {
            return null;
        }

        return processId < 0 ? Errno.ESRCH : 0;
    }

    // The path may be part of the buffer.
    private static Errno ReadFile(ReadOnlySpan<byte> path, ref Span<byte> buffer)
    {
        Errno error = ProcFile.Open(path, out ProcFile file);
        if (error != 0)
        {
            return error;
        }

        using (file)
        {
            error = file.Read(buffer, out int count);
            buffer = buffer[..count];
            return error;
        }
    }

    /// <summary><c>struct file_handle</c>, as pidfs fills it.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct FileHandle
    {
        public uint Size;
        public int Type;
        public ulong Inode;
    }
}
