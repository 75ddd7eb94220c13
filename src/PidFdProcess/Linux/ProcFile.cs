namespace PidFdProcess.Linux;

/// <summary>Reads a file or directory of /proc. Returns the errno instead of throwing, because files of /proc come and go.</summary>
internal unsafe ref struct ProcFile
{
    private const int OpenReadOnlyCloseOnExec = 0x80000;

    private readonly int _fd;

    private ProcFile(int fd) => _fd = fd;

    /// <summary>Opens a path that ends with a NUL.</summary>
    public static Errno Open(ReadOnlySpan<byte> path, out ProcFile file)
    {
        fixed (byte* pointer = path)
        {
            file = new ProcFile(Libc.Open(pointer, OpenReadOnlyCloseOnExec, 0));
            return Libc.ErrnoOf(file._fd);
        }
    }

    /// <summary>Reads the next bytes. The count is 0 at the end.</summary>
    public readonly Errno Read(Span<byte> buffer, out int count)
    {
        Errno error;
        nint length;
        fixed (byte* pointer = buffer)
        {
            do
            {
                length = Libc.Read(_fd, pointer, (nuint)buffer.Length);
                error = Libc.ErrnoOf(length);
            }
            while (error == Errno.EINTR);
        }

        count = error == 0 ? (int)length : 0;
        return error;
    }

    /// <summary>Reads the next entries of a directory with <c>getdents64(2)</c>. The count is 0 at the end.</summary>
    public readonly Errno ReadEntries(Span<byte> buffer, out int count)
    {
        fixed (byte* pointer = buffer)
        {
            nint length = Libc.SyscallGetDents(SyscallNumbers.Current.GetDents64, _fd, pointer, buffer.Length);
            count = length == -1 ? 0 : (int)length;
            return Libc.ErrnoOf(length);
        }
    }

    public readonly void Dispose() => _ = Libc.Close(_fd);
}
