using System.ComponentModel;
using System.Diagnostics;
using Mono.Unix.Native;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Tree;

/// <summary>
/// A process whose threads fork all the time. <c>/proc/PID/stat</c> shows the state of its first thread, which does nothing or has ended (Z) while
/// the others fork. The process has much memory, so that each fork takes long.
/// </summary>
[TestClass]
public sealed class ForkingThreadsTests
{
    private const int Tokens = 400;

    private const string Program =
        """
        import ctypes, mmap, os, sys, threading
        memory = mmap.mmap(-1, 128 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        memory.madvise(15)
        for i in range(0, len(memory), 4096): memory[i] = 1
        def forker():
            while sys.stdin.buffer.raw.read(1):
                if os.fork() == 0: os.execlp("sleep", "sleep", "1000")
        for _ in range(4): threading.Thread(target=forker).start()

        """;

    [TestMethod]
    public void Kill_WhenTheFirstThreadIsIdle_LeavesNoSurvivor() => KillWhileItForks(Program);

    [TestMethod]
    public void Kill_WhenTheFirstThreadHasEnded_LeavesNoSurvivor() => KillWhileItForks(Program + "ctypes.CDLL(None).pthread_exit(None)\n");

    private static void KillWhileItForks(string program)
    {
        for (int i = 0; i < 5; i++)
        {
            using MarkedTree tree = Start(program);

            // The number of forks is bounded, because each byte allows one.
            tree.Root.StandardInput.Write(new string('x', Tokens));
            tree.Root.StandardInput.Flush();
            TestProcesses.WaitUntil(() => tree.Alive().Count >= 10, "it forks");
            HookedKernel kernel = new();
            bool paused = false;
            kernel.OnSignal = (_, signal) =>
            {
                if (signal == (int)Signum.SIGKILL && !paused)
                {
                    // A thread that has not stopped has time to complete a fork that the kill would have ended.
                    paused = true;
                    Thread.Sleep(50);
                }

                return null;
            };
            TreeKillTests.Kill(tree, kernel);
            Assert.IsTrue(paused);
            tree.AssertNoSurvivor();
        }
    }

    private static MarkedTree Start(string program)
    {
        try
        {
            return new MarkedTree(new ProcessStartInfo("python3", ["-c", program]) { RedirectStandardInput = true, RedirectStandardOutput = true });
        }
        catch (Win32Exception e)
        {
            throw new AssertInconclusiveException($"A process of many threads takes python3: {e.Message}");
        }
    }
}
