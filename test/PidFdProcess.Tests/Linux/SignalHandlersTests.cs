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

    [TestMethod]
    public void ASignalThatTheProgramHandles_IsNotDefault()
    {
        using PosixSignalRegistration handler = PosixSignalRegistration.Create((PosixSignal)(int)Signum.SIGUSR1, static _ => { });
        Assert.IsFalse(SignalHandlers.IsDefault((int)Signum.SIGUSR1));
    }
}
