using System.Runtime.InteropServices;
using PidFdProcess.Linux;
using PidFdProcess.Shared;

namespace PidFdProcess.Tests.Support;

/// <summary>
/// A child that the .NET runtime does not know of and therefore does not reap. It stays a zombie until <see cref="Reap"/>. The raw status that wait4
/// returns is the kernel's own answer.
/// </summary>
internal sealed unsafe class NativeChild : IDisposable
{
    private const int Untraced = 2;
    private const int Continued = 8;

    private bool _reaped;

    private NativeChild(int processId) => Id = processId;

    public int Id { get; }

    public static NativeChild StartShell(string script)
    {
        ReadOnlySpan<string> words = ["sh", "-c", script];
        byte** arguments = stackalloc byte*[words.Length + 1];
        for (int i = 0; i < words.Length; i++)
        {
            arguments[i] = (byte*)Marshal.StringToCoTaskMemUTF8(words[i]);
        }

        byte* none = null;
        arguments[words.Length] = null;
        int error = Native.PosixSpawn(out int processId, "/bin/sh", 0, 0, arguments, &none);
        for (int i = 0; i < words.Length; i++)
        {
            Marshal.FreeCoTaskMem((nint)arguments[i]);
        }

        Assert.AreEqual(0, error);
        return new NativeChild(processId);
    }

    public SafePidFdHandle OpenPidFd()
    {
        Assert.AreEqual((Errno)0, LinuxKernel.Instance.PidFdOpen(Id, out SafePidFdHandle pidFd));
        return pidFd;
    }

    public void WaitUntilZombie() => TestProcesses.WaitUntil(() => ProcessTable.StateOf(Id) == 'Z', $"child {Id} is a zombie");

    /// <summary>Waits for the end and reaps. The status is as wait4 encodes it.</summary>
    public int Reap()
    {
        int status = Wait(0);
        _reaped = true;
        return status;
    }

    /// <summary>Waits until the child is stopped, continued or ended. The status is as wait4 encodes it.</summary>
    public int WaitForStopOrContinue() => Wait(Untraced | Continued);

    public void Signal(int signal) => Assert.IsTrue(Native.Kill(Id, signal));

    public void Dispose()
    {
        if (!_reaped)
        {
            Native.KillByPid(Id);
            Reap();
        }
    }

    private int Wait(int options)
    {
        int result;
        int status;
        while ((result = Native.WaitPid(Id, out status, options)) == -1 && Marshal.GetLastPInvokeError() == (int)Errno.EINTR)
        {
        }

        Assert.AreEqual(Id, result);
        return status;
    }
}
