using System.Globalization;
using Microsoft.Win32.SafeHandles;
using PidFdProcess.Linux;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Linux;

/// <summary>A program that other code starts at the same time inherits none of the library's descriptors.</summary>
[TestClass]
public sealed class CloseOnExecTests
{
    private const string Flags = "flags:";
    private const int CloseOnExec = 0x80000;

    [TestMethod]
    public void TheEpollSet_IsOpenedCloseOnExec()
    {
        Assert.AreEqual((Errno)0, LinuxKernel.Instance.EpollCreate(out SafeFileHandle epoll));
        using (epoll)
        {
            AssertCloseOnExec(epoll.DangerousGetHandle().ToString(CultureInfo.InvariantCulture));
        }
    }

    [TestMethod]
    public void AFileOfProc_IsOpenedCloseOnExec()
    {
        using NativeChild child = NativeChild.StartShell("exec sleep 1000");
        string path = $"/proc/{child.Id}/stat";
        Assert.AreEqual((Errno)0, ProcFile.Open(System.Text.Encoding.ASCII.GetBytes(path + '\0'), out ProcFile file));
        using (file)
        {
            AssertCloseOnExec(Directory.GetFiles("/proc/self/fd").Single(each => new FileInfo(each).LinkTarget == path));
        }
    }

    private static void AssertCloseOnExec(string descriptor)
    {
        string line = File.ReadLines($"/proc/self/fdinfo/{Path.GetFileName(descriptor)}")
            .First(static line => line.StartsWith(Flags, StringComparison.Ordinal));
        Assert.AreEqual(CloseOnExec, Convert.ToInt32(line[Flags.Length..].Trim(), fromBase: 8) & CloseOnExec, line);
    }
}
