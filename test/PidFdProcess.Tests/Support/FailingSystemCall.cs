using System.Runtime.InteropServices;
using PidFdProcess.Shared;

namespace PidFdProcess.Tests.Support;

/// <summary>
/// Runs code on a thread of its own, on which a system call fails as under a container's seccomp profile. The filter asks this process at each call
/// (seccomp_unotify(2)), so that a call can fail a number of times and then pass.
/// </summary>
internal static unsafe class FailingSystemCall
{
    private const nint SeccompNumber = 317;
    private const int SetModeFilter = 1;
    private const int NewListener = 8;
    private const int NoNewPrivileges = 38;
    private const nuint Receive = 0xc050_2100;
    private const nuint Send = 0xc018_2101;
    private const short PollIn = 1;
    private const uint Continue = 1;

    /// <summary>Runs the action while the call of this number (that of x64) fails, as often as said.</summary>
    /// <returns>How often it failed.</returns>
    public static int Run(int number, Errno error, int times, Action action)
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            Assert.Inconclusive("The filter is written with the call numbers of x64.");
        }

        int listener = -1;
        int failed = 0;
        Exception? exception = null;
        using ManualResetEventSlim installed = new();
        Thread thread = new(() =>
        {
            listener = Install(number);
            installed.Set();
            if (listener < 0)
            {
                return;
            }

            try
            {
                action();
            }
            catch (Exception e)
            {
                exception = e;
            }
        });
        thread.Start();
        installed.Wait();
        if (listener < 0)
        {
            thread.Join();
            Assert.Inconclusive("seccomp filters with a listener are not available here.");
        }

        while (thread.IsAlive)
        {
            failed += AnswerOne(listener, failed < times ? error : 0) ? 1 : 0;
        }

        thread.Join();
        _ = Native.Close(listener);
        return exception is null ? failed : throw new AssertFailedException(exception.Message, exception);
    }

    /// <summary>Waits a little for a call, and fails it or lets it pass. Returns whether it failed one.</summary>
    private static bool AnswerOne(int listener, Errno error)
    {
        Native.PollFd poll = new(listener, PollIn, 0);
        if (Native.Poll(&poll, 1, milliseconds: 10) <= 0 || (poll.Returned & PollIn) == 0)
        {
            return false;
        }

        ulong* request = stackalloc ulong[10];
        new Span<ulong>(request, 10).Clear();
        if (Native.Ioctl(listener, Receive, request) != 0)
        {
            return false;
        }

        Response response = new() { Id = request[0], Error = -(int)error, Flags = error == 0 ? Continue : 0 };
        return Native.Ioctl(listener, Send, &response) == 0 && error != 0;
    }

    private static int Install(int number)
    {
        Instruction* filter = stackalloc Instruction[]
        {
            new(0x20, 0, 0, 0),
            new(0x15, 0, 1, (uint)number),
            new(0x06, 0, 0, 0x7fc0_0000),
            new(0x06, 0, 0, 0x7fff_0000),
        };
        FilterProgram program = new() { Length = 4, Filter = filter };
        return Native.ProcessControl(NoNewPrivileges, 1, 0, 0, 0) == 0
            ? (int)Native.SystemCall(SeccompNumber, SetModeFilter, NewListener, (nint)(&program))
            : -1;
    }

    private struct Response
    {
        public ulong Id;
        public long Value;
        public int Error;
        public uint Flags;
    }

    private readonly struct Instruction(ushort code, byte ifTrue, byte ifFalse, uint operand)
    {
        public readonly ushort Code = code;
        public readonly byte IfTrue = ifTrue;
        public readonly byte IfFalse = ifFalse;
        public readonly uint Operand = operand;
    }

    private struct FilterProgram
    {
        public ushort Length;
        public Instruction* Filter;
    }
}
