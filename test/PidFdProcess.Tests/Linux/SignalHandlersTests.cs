using System.Runtime.InteropServices;
using Mono.Unix.Native;
using PidFdProcess.Linux;

namespace PidFdProcess.Tests.Linux;

[TestClass]
public sealed class SignalHandlersTests
{
    // The runtime ignores SIGPIPE, handles SIGSEGV by itself, and handles SIGCHLD as a handler of the program. 1000 is no signal.
    [TestMethod]
    [DataRow((int)Signum.SIGUSR2, true)]
    [DataRow((int)Signum.SIGSEGV, true)]
    [DataRow((int)Signum.SIGPIPE, false)]
    [DataRow((int)Signum.SIGCHLD, false)]
    [DataRow(1000, false)]
    public void ASignal_IsDefault_UnlessTheProgramHandlesOrIgnoresIt(int signal, bool isDefault) =>
        Assert.AreEqual(isDefault, SignalHandlers.IsDefault(signal));

    // On a 32-bit machine, libraries are mapped above 80000000.
    [TestMethod]
    [DataRow("f7a00000-f7b00000 r-xp 00000000 fe:01 4711   /usr/lib/libcoreclr.so", "/usr/lib/libcoreclr.so")]
    [DataRow("f7a01235-f7b00000 r-xp 00000000 fe:01 4711   /usr/lib/libcoreclr.so", null)]
    [DataRow("f7a00000-f7a01234 r-xp 00000000 fe:01 4711   /usr/lib/libcoreclr.so", null)]
    [DataRow("f7a01234-f7a01235 r-xp 00000000 00:00 0", "")]
    public void TheFileOfAnAddress_IsThatOfTheLineAroundIt(string line, string? path) =>
        Assert.AreEqual(path, SignalHandlers.PathIn(line, 0xf7a01234));

    [TestMethod]
    public void ASignalThatTheProgramHandles_IsNotDefault()
    {
        using PosixSignalRegistration handler = PosixSignalRegistration.Create((PosixSignal)(int)Signum.SIGUSR1, static _ => { });
        Assert.IsFalse(SignalHandlers.IsDefault((int)Signum.SIGUSR1));
    }
}
