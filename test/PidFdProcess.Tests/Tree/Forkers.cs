using System.Diagnostics;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Tree;

/// <summary>Trees that do not stop, and the programs that keep them from stopping.</summary>
internal static class Forkers
{
    /// <summary>A root that starts child after child, but no more than some thousands.</summary>
    public const string Script = "i=0; while [ $i -lt 3000 ]; do sleep 1000 & i=$((i + 1)); done; while :; do sleep 1000; done";

    /// <summary>The same with children that have lost their parents at once.</summary>
    public const string OrphansScript = "i=0; while [ $i -lt 3000 ]; do (sleep 1000 &); i=$((i + 1)); done; while :; do sleep 1000; done";

    // Passes on every signal except SIGSTOP. PTRACE_SEIZE is 0x4206, PTRACE_CONT is 7.
    private const string Tracer =
        """
        import ctypes, os, sys
        ptrace = ctypes.CDLL(None).ptrace
        ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
        pid = int(sys.argv[1])
        print("seized" if ptrace(0x4206, pid, None, None) == 0 else "refused", flush=True)
        while True:
            _, status = os.waitpid(pid, 0)
            if not os.WIFSTOPPED(status): break
            signal = os.WSTOPSIG(status)
            ptrace(7, pid, None, 0 if signal in (5, 19) else signal)
        """;

    // A second thread waits in vfork, because its child opens a FIFO without a writer before it executes a program.
    private const string VforkingThreads =
        """
        import os, sys, threading, time
        fifo, count = sys.argv[1], int(sys.argv[2])
        def vfork():
            os.posix_spawn("/bin/true", ["true"], {}, file_actions=[(os.POSIX_SPAWN_OPEN, 9, fifo, os.O_RDONLY, 0)])
        for _ in range(count):
            if os.fork() == 0: break
        else:
            time.sleep(1000)
        threading.Thread(target=vfork).start()
        time.sleep(1000)
        """;

    /// <summary>Continues a process all the time, as a supervisor or shell may do.</summary>
    public static IDisposable Continue(int processId) => new Continuer(processId);

    /// <summary>Traces a process by a tracer that keeps SIGSTOP from it.</summary>
    public static IDisposable Trace(int processId)
    {
        RequirePython();
        Process tracer = Process.Start(new ProcessStartInfo("python3", ["-c", Tracer, $"{processId}"]) { RedirectStandardOutput = true })!;
        if (tracer.StandardOutput.ReadLine() != "seized")
        {
            tracer.Kill();
            Assert.Inconclusive("Processes may not be traced here.");
        }

        return new Killer(tracer);
    }

    /// <summary>Starts a root with processes whose second thread waits in vfork.</summary>
    public static MarkedTree StartVforking(string fifo, int count)
    {
        RequirePython();
        MarkedTree tree = new(new ProcessStartInfo("python3", ["-c", VforkingThreads, fifo, $"{count}"]) { RedirectStandardOutput = true });
        TestProcesses.WaitUntil(() => Directory.EnumerateDirectories("/proc").Count(IsVforking) >= count, "all wait in vfork", 120_000);
        return tree;

        bool IsVforking(string directory) => int.TryParse(Path.GetFileName(directory.AsSpan()), out int id)
            && ProcessTable.ParentOf(id) == tree.Root.Id
            && HasThreadInD(directory);
    }

    private static bool HasThreadInD(string directory)
    {
        try
        {
            return Directory.EnumerateDirectories(directory + "/task")
                .Any(static task => File.ReadAllText(task + "/stat").Contains(") D ", StringComparison.Ordinal));
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static void RequirePython()
    {
        if (!ToolRun.Exists("python3"))
        {
            Assert.Inconclusive("python3 is missing.");
        }
    }

    private sealed class Continuer : IDisposable
    {
        private const int SigCont = 18;

        private readonly Thread _thread;
        private volatile bool _ends;

        public Continuer(int processId)
        {
            _thread = new Thread(() =>
            {
                while (!_ends && Native.Kill(processId, SigCont))
                {
                    Thread.Sleep(1);
                }
            });
            _thread.Start();
        }

        public void Dispose()
        {
            _ends = true;
            _thread.Join();
        }
    }

    private sealed class Killer(Process process) : IDisposable
    {
        public void Dispose()
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
        }
    }
}
