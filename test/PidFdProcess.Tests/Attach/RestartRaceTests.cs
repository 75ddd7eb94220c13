using System.Diagnostics;
using PidFdProcess.Attachments;
using PidFdProcess.Linux;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Attach;

/// <summary>One thread attaches an object while another thread restarts it.</summary>
[TestClass]
public sealed class RestartRaceTests
{
    private const int SetAffinity = 203;
    private const int SetAffinityOnArm = 122;
    private const int Spinners = 2;

    // Some microseconds.
    private const int LongerThanAnAttachment = 500;

    private static readonly TimeSpan s_duration = TimeSpan.FromSeconds(4);
    private static readonly PidFdSupport s_unsupported = PidFdSupport.Unsupported("this test needs no pidfds");

    private readonly RunOpener _opener = new(LinuxKernel.Instance, new AttachmentTable(new HookedKernel().Platform, s_unsupported));

    /// <summary>
    /// An attachment of the present run has the present PID. The attaching thread shares one processor with threads that spin, so that the kernel
    /// interrupts it often, and for longer than a restart takes. The other thread restarts the object when it sees an interruption. Without pidfds an
    /// attachment needs no system call, so that an interruption often comes between the reads of the object.
    /// </summary>
    [TestMethod]
    public void Attach_DuringARestart_BindsThePidOfTheSameRun()
    {
        using Process process = new() { StartInfo = new ProcessStartInfo("/bin/sleep", ["1000"]) };
        process.Start();
        bool isOver = false;
        long attaches = 0;
        string? wrong = null;
        Thread[] spinners = [.. Enumerable.Range(0, Spinners).Select(_ => new Thread(() =>
        {
            StayOnOneProcessor();
            while (!Volatile.Read(ref isOver))
            {
            }
        }))];
        Thread attacher = new(() =>
        {
            StayOnOneProcessor();
            while (!Volatile.Read(ref isOver) && wrong is null)
            {
                wrong = WrongPid(process);
                Volatile.Write(ref attaches, attaches + 1);
            }
        });
        Array.ForEach(spinners, static each => each.Start());
        attacher.Start();
        for (long start = Stopwatch.GetTimestamp(), seen = 0; Stopwatch.GetElapsedTime(start) < s_duration && attacher.IsAlive;)
        {
            long before = Volatile.Read(ref attaches);
            Thread.SpinWait(LongerThanAnAttachment);
            if (before != seen && before == Volatile.Read(ref attaches))
            {
                seen = before;
                int id = process.Id;
                process.Close();
                process.Start();
                Native.KillByPid(id);
            }
        }

        Volatile.Write(ref isOver, true);
        attacher.Join();
        Array.ForEach(spinners, static each => each.Join());
        process.Kill();
        process.WaitForExit();
        Assert.IsNull(wrong, wrong);
    }

    private string? WrongPid(Process process)
    {
        try
        {
            ProcessAttachment attachment = _opener.Open(process, s_unsupported, before: null);
            bool isStarted = attachment.Run.IsStarted && attachment.Run.IsCurrentIn(process);
            int id = process.Id;
            return isStarted && attachment.Run.IsCurrentIn(process) && id != attachment.ProcessId
                ? $"The object has process {id}, and its attachment is for process {attachment.ProcessId}."
                : null;
        }
        catch (InvalidOperationException)
        {
            // The object has no process between Close and Start.
            return null;
        }
    }

    private static unsafe void StayOnOneProcessor()
    {
        // The first of the processors that this thread may use.
        ulong* mask = stackalloc ulong[16];
        bool isX64 = System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.X64;
        int set = isX64 ? SetAffinity : SetAffinityOnArm;
        _ = Native.SystemCall(set + 1, 0, 128, (nint)mask);
        for (int i = 0; i < 16; i++)
        {
            if (mask[i] != 0)
            {
                ulong first = mask[i] & (~mask[i] + 1);
                new Span<ulong>(mask, 16).Clear();
                mask[i] = first;
                break;
            }
        }

        _ = Native.SystemCall(set, 0, 128, (nint)mask);
    }
}
