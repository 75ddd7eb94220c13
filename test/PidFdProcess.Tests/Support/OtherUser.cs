using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using PidFdProcess.Linux;
using PidFdProcess.Shared;

namespace PidFdProcess.Tests.Support;

/// <summary>Runs code on a thread of its own that has another user id, so that root's tests meet EPERM, too.</summary>
internal static class OtherUser
{
    public const int Id = 65534;

    // The bare system call changes one thread. The function of the C library changes all threads of the process.
    private static nint SetResUid => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 117,
        Architecture.Arm64 or SyscallNumbers.RiscV64 or Architecture.LoongArch64 => 147,
        _ => -1,
    };

    /// <summary>Gives up the test as inconclusive unless it runs as root.</summary>
    public static void Require()
    {
        if (!Environment.IsPrivilegedProcess || SetResUid < 0)
        {
            Assert.Inconclusive("Only root can act as another user.");
        }
    }

    public static void Run(Action action)
    {
        ExceptionDispatchInfo? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                Assert.AreEqual<nint>(0, Native.SystemCall(SetResUid, Id, Id, Id));
                action();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
    }
}
