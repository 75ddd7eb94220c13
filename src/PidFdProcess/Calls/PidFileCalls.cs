using System.Buffers.Text;
using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using PidFdProcess.Attachments;
using PidFdProcess.Linux;

namespace PidFdProcess.Calls;

// Overview
//
// Opens the process whose PID a daemon has written into a file.
//
// Constraints: The process that wrote its PID into a file may be gone, and another process may have the PID. Only the times tell them apart, because
// the other process started after the file was written. The file has the time of day, and the process has the time since the boot.
//
// Scheme: Read the time of the file first and the PID second. If the file is written between the two reads, its time is too early, and the process is
// refused. Then open the process and compare its start with the time of the file. Both times are cut off by some milliseconds.

/// <summary>The public call that opens the process of a pid file.</summary>
internal static class PidFileCalls
{
    private const int LongestLine = 64;
    private const int ClockReads = 5;

    // The start time is cut off to 10 ms. The time of the file is cut off to a tick of the kernel, which is at most 10 ms.
    private static readonly TimeSpan s_granularity = TimeSpan.FromMilliseconds(20);

    // For file systems without fractions of a second. FAT is the coarsest of them.
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
            DateTime started = StartOf(runs, process, out long ticks);
            TimeSpan granularity = written.Ticks % TimeSpan.TicksPerSecond == 0 ? s_coarseGranularity : s_granularity;
            if (started > written + granularity)
            {
                throw new ArgumentException(
                    $"Process {processId} is not the process of {path}. It started at {started:O}, and the file was written at {written:O}.",
                    nameof(path));
            }

            FindCalls.NoteStart(runs, process, ticks);
            return process;
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
            : throw new FormatException($"The first line of {path} is no PID. A PID is a number from 1 to 2147483647.");
    }

    private static DateTime StartOf(AttachmentTable runs, Process process, out long startTicks)
    {
        ProcessIdentity identity = IdentityCalls.GetIdentity(runs, process);
        ulong ticks = identity.StartTicks ?? throw IdentityCalls.Hidden(identity);
        startTicks = (long)ticks;
        return BootTime(runs.Platform.PidFs.Calls) + ProcStat.SinceBoot(ticks);
    }

    // The time of the boot by the clock of the day. This thread may be paused between the reads of the two clocks, so the closest of several tries
    // counts.
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

    private static TimeSpan SinceBoot(IPidFs calls)
    {
        Errno error = calls.GetTimeSinceBoot(out TimeSpan time);
        return error == 0 ? time : throw SystemCallError.Failed("clock_gettime(CLOCK_BOOTTIME)", error);
    }
}
