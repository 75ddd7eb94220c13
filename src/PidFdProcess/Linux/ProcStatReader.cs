namespace PidFdProcess.Linux;

/// <summary>Reads <c>/proc/PID/stat</c>, see <c>proc_pid_stat(5)</c>.</summary>
internal static unsafe class ProcStatReader
{
    private const int StatBufferSize = 1024;
    private const int PathSize = 64;

    public static Errno Read(int processId, out ProcStat stat)
    {
        stat = default;
        if (!ProcMount.IsOfThisNamespace)
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

    // A caller without the right to trace the process reads 0 for the exit code. The same right decides about the link exe. For a zombie, readlink
    // fails with ENOENT if the caller has the right, and with EACCES otherwise.
    private static bool MayReadExitCode(int processId)
    {
        byte* path = stackalloc byte[PathSize];
        ProcPath.Write(new Span<byte>(path, PathSize), "/proc/"u8, processId, "/exe\0"u8);
        byte target;
        return Libc.ErrnoOf(Libc.ReadLink(path, &target, 1)) != Errno.EACCES;
    }
}
