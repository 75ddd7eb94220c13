using System.Buffers.Text;

namespace PidFdProcess.Linux;

/// <summary>Some fields of <c>/proc/PID/stat</c>, with the numbers of <c>proc_pid_stat(5)</c>.</summary>
/// <param name="State">Field 3. Z is a zombie, T is stopped, and t is stopped by a tracer.</param>
/// <param name="ParentId">Field 4.</param>
/// <param name="Threads">Field 20.</param>
/// <param name="StartTicks">Field 22, the start of the process in clock ticks since the boot. With the PID it names a process.</param>
/// <param name="ExitCode">
/// Field 52, the wait status of a zombie. <see langword="null"/> for other processes, and if the kernel hides it from the caller.
/// </param>
internal readonly record struct ProcStat(char State, int ParentId, int Threads, long StartTicks, WaitStatus? ExitCode)
{
    // USER_HZ is 100 on every architecture that .NET runs on.
    private const int TicksPerSecond = 100;
    private const int StartField = 22;
    private const int ExitCodeField = 52;

    /// <summary>Gets field 5, the PID that names the process group.</summary>
    public int GroupId { get; init; }

    /// <summary>Gets field 6, the PID that names the session.</summary>
    public int SessionId { get; init; }

    /// <summary>Gets whether no thread is left. A zombie with several threads is a first thread that has ended before the others.</summary>
    public bool HasExited => IsZombie && Threads <= 1;

    public bool IsZombie => State is 'Z' or 'X' or 'x';

    /// <summary>Gets when the process started, as the time since the boot, to 10 ms.</summary>
    public TimeSpan StartedAt => SinceBoot((ulong)StartTicks);

    public bool IsStopped => State is 'T' or 't';

    /// <summary>Converts ticks to the time since the boot.</summary>
    public static TimeSpan SinceBoot(ulong ticks) => TimeSpan.FromSeconds((double)ticks / TicksPerSecond);

    public static bool TryParse(ReadOnlySpan<byte> text, out ProcStat stat)
    {
        stat = default;

        // Field 2 is the name in parentheses, which may contain blanks and parentheses.
        int end = text.LastIndexOf((byte)')');
        if (end < 0 || end + 2 >= text.Length)
        {
            return false;
        }

        char state = default;
        ReadOnlySpan<byte> rest = text[(end + 2)..];
        if (rest[^1] == (byte)'\n')
        {
            rest = rest[..^1];
        }

        int parentId = 0;
        int groupId = 0;
        int sessionId = 0;
        int threads = 0;
        long startTicks = 0;
        for (int field = 3; field <= ExitCodeField; field++)
        {
            int blank = rest.IndexOf((byte)' ');
            ReadOnlySpan<byte> value = blank < 0 ? rest : rest[..blank];
            switch (field)
            {
                case 3 when value.Length != 1:
                    return false;
                case 3:
                    state = (char)value[0];
                    break;
                case 4 when !Utf8Parser.TryParse(value, out parentId, out _):
                    return false;
                case 5 when !Utf8Parser.TryParse(value, out groupId, out _):
                    return false;
                case 6 when !Utf8Parser.TryParse(value, out sessionId, out _):
                    return false;
                case 20 when !Utf8Parser.TryParse(value, out threads, out _):
                    return false;
                case StartField when blank < 0 || !Utf8Parser.TryParse(value, out startTicks, out _):
                    return false;
                case StartField:
                    stat = new ProcStat(state, parentId, threads, startTicks, null) { GroupId = groupId, SessionId = sessionId };
                    if (stat.IsZombie)
                    {
                        break;
                    }

                    // The other fields are not needed, and a tree kill reads this file twice for each member.
                    return true;
                case ExitCodeField when Utf8Parser.TryParse(value, out int exitCode, out _):
                    stat = stat with { ExitCode = new WaitStatus(exitCode) };
                    return true;
            }

            rest = blank < 0 ? default : rest[(blank + 1)..];
        }

        stat = default;
        return false;
    }
}
