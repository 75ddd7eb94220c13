using System.Buffers.Text;
using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using PidFdProcess.Attachments;
using PidFdProcess.Linux;

namespace PidFdProcess.Calls;

// Overview
//
// Constraints: the process that wrote its PID into a file may be gone, and another process may have the PID. Only the age tells them apart, because
// the other process started after the file was written. The file has the time of day, the process has the time since the boot.
//
// Scheme: read the time of the file first and the PID second. If the file is written between the two, it counts as older, and the process is refused.
// Then open the process and compare when it started. Both times lack some milliseconds.
internal static class PidFileCalls
{
    private const int LongestLine = 64;
    private const int ClockReads = 5;

    // The start time is cut off to 10 ms, and that of the file to a tick of the kernel, 10 ms at most.
    private static readonly TimeSpan s_granularity = TimeSpan.FromMilliseconds(20);

    // What a file system without fractions of a second cuts off: FAT has the coarsest.
    private static readonly TimeSpan s_coarseGranularity = TimeSpan.FromSeconds(2);

    public static Process Open(AttachmentTable runs, string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        IdentityCalls.RequireLinux();
        runs.ThrowIfDisposed();
        int processId = Read(path, out DateTime written);
        Process process = OpenCalls.Open(runs, processId);
        try
        {
            DateTime started = StartOf(runs, process);
            TimeSpan granularity = written.Ticks % TimeSpan.TicksPerSecond == 0 ? s_coarseGranularity : s_granularity;
            return started <= written + granularity
                ? process
                : throw new ArgumentException(
                    $"Process {processId} is not the one that {path} means: it started at {started:O}, and the file was written at {written:O}.",
                    nameof(path));
        }
        catch (InvalidOperationException e) when (e is not ObjectDisposedException)
        {
            FindCalls.Close(runs, process);
            throw new ArgumentException($"Process {processId} of {path} is not running: {e.Message}", nameof(path), e);
        }
        catch
        {
            FindCalls.Close(runs, process);
            throw;
        }
    }

    private static int Read(string path, out DateTime written)
    {
        using SafeFileHandle file = File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete);
        written = File.GetLastWriteTimeUtc(file);
        Span<byte> line = stackalloc byte[LongestLine];
        line = line[..RandomAccess.Read(file, line, 0)];
        int end = line.IndexOf((byte)'\n');
        line = (end < 0 ? line : line[..end]).Trim(" \t\r"u8);
        return !line.ContainsAnyExceptInRange((byte)'0', (byte)'9') && Utf8Parser.TryParse(line, out int processId, out _) && processId > 0
            ? processId
            : throw new FormatException($"The first line of {path} is no PID, a number from 1 to 2147483647.");
    }

    private static DateTime StartOf(AttachmentTable runs, Process process)
    {
        ProcessIdentity identity = IdentityCalls.GetIdentity(runs, process);
        return identity.StartTicks is { } ticks
            ? BootTime(runs.Platform.PidFs.Calls) + StartTime.SinceBoot(ticks)
            : throw IdentityCalls.Hidden(identity);
    }

    // By the clock that is set. Between its reading and that of the other clock this thread may have to wait, so the closest of some tries counts.
    private static DateTime BootTime(IPidFs calls)
    {
        DateTime boot = default;
        TimeSpan closest = TimeSpan.MaxValue;
        for (int i = 0; i < ClockReads; i++)
        {
            TimeSpan before = SinceBoot(calls);
            DateTime now = DateTime.UtcNow;
            TimeSpan after = SinceBoot(calls);

            if (after - before < closest)
            {
                closest = after - before;
                boot = now - before;
            }
        }

        return boot;
    }

    private static TimeSpan SinceBoot(IPidFs calls) => calls.GetTimeSinceBoot(out TimeSpan time) is var error && error == 0
        ? time
        : throw SystemCallError.Failed("clock_gettime(CLOCK_BOOTTIME)", error);
}
