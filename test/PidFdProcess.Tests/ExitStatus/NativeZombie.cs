using System.Runtime.InteropServices;
using PidFdProcess.Linux;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.ExitStatus;

/// <summary>An exited child of this process that the runtime does not know of: it stays a zombie until this object is disposed.</summary>
internal sealed unsafe partial class NativeZombie : IDisposable
{
    private readonly int _id;

    public NativeZombie(string script)
    {
        byte** arguments = stackalloc byte*[4];
        string[] words = ["sh", "-c", script];
        for (int i = 0; i < words.Length; i++)
        {
            arguments[i] = (byte*)Marshal.StringToCoTaskMemUTF8(words[i]);
        }

        arguments[words.Length] = null;
        byte* none = null;
        int error = Spawn(out _id, "/bin/sh", 0, 0, arguments, &none);
        for (int i = 0; i < words.Length; i++)
        {
            Marshal.FreeCoTaskMem((nint)arguments[i]);
        }

        Assert.AreEqual(0, error);
        Assert.AreEqual((Errno)0, LinuxKernel.Instance.PidFdOpen(_id, out SafePidFdHandle pidFd));
        PidFd = pidFd;
        TestProcesses.WaitUntil(() => TestProcesses.StateOf(_id) == 'Z', "the child is a zombie");
    }

    public int Id => _id;

    public SafePidFdHandle PidFd { get; }

    public void AssertNotReaped() => Assert.AreEqual('Z', TestProcesses.StateOf(_id));

    public void Dispose()
    {
        Assert.AreEqual(_id, WaitPid(_id, out _, 0));
        PidFd.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "posix_spawn", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Spawn(out int processId, string path, nint actions, nint attributes, byte** arguments, byte** environment);

    [LibraryImport("libc", EntryPoint = "waitpid")]
    private static partial int WaitPid(int processId, out int status, int options);
}
