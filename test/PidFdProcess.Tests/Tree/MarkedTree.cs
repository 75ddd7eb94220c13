using System.Diagnostics;
using System.Globalization;
using System.Text;
using Mono.Unix.Native;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Tree;

/// <summary>
/// A shell and all its descendants, even if their parents have changed. Each process carries a mark in its environment. The survivors are killed at
/// the end of the test.
/// </summary>
internal sealed class MarkedTree : IDisposable
{
    private const string Variable = "PIDFDPROCESS_TEST_TREE";
    private const int MaxLooks = 100;

    private static readonly TimeSpan s_longestExec = TimeSpan.FromSeconds(5);

    private readonly byte[] _mark;

    public MarkedTree(string script, bool redirectInput = false)
        : this(new ProcessStartInfo("/bin/sh", ["-c", script]) { RedirectStandardInput = redirectInput, RedirectStandardOutput = true })
    {
    }

    public MarkedTree(ProcessStartInfo start, Func<ProcessStartInfo, Process>? starter = null)
    {
        string mark = Guid.NewGuid().ToString("N");
        _mark = Encoding.ASCII.GetBytes($"{Variable}={mark}\0");
        start.Environment[Variable] = mark;
        Root = starter is null ? Process.Start(start)! : starter(start);
    }

    public Process Root { get; }

    /// <summary>Starts a script in a scope, and waits until it has written <c>ready</c>.</summary>
    public static MarkedTree StartReady(ProcessScope scope, string script, bool redirectInput = false)
    {
        MarkedTree tree = new(Shell.Info(script, redirectInput, redirectOutput: true), scope.Start);
        Assert.AreEqual("ready", tree.Root.StandardOutput.ReadLine());
        return tree;
    }

    /// <summary>Reads a PID that a member has written on a line of its own.</summary>
    public int ReadId() => int.Parse(Root.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture);

    /// <summary>Lists the processes that are alive. A zombie has no environment any more, so it is not listed.</summary>
    public List<int> Alive()
    {
        List<int> alive = [];
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory.AsSpan()), out int id) && IsMarked(directory))
            {
                alive.Add(id);
            }
        }

        return alive;
    }

    public void WaitForCount(int count) => TestProcesses.WaitUntil(() => Alive().Count >= count, $"the tree has {count} processes", 120_000);

    /// <summary>Waits until no process is left. A process ends a moment after its SIGKILL.</summary>
    public void AssertNoSurvivor() => AssertAlive();

    /// <summary>Waits until these processes and no others are left.</summary>
    public void AssertAlive(params int[] expected)
    {
        TestProcesses.WaitUntil(() => Alive().Order().SequenceEqual(expected.Order()), $"the tree is {string.Join(' ', expected)}", 60_000);
    }

    /// <summary>A hook that keeps SIGSTOP from the root, so that the root can reap processes that end during the test.</summary>
    public Errno? LetRootReap(SafePidFdHandle pidFd, int signal) =>
        signal == (int)Signum.SIGSTOP && HookedKernel.ProcessIdOf(pidFd) == Root.Id ? 0 : null;

    /// <summary>Kills the survivors. A process with the mark is a member of the tree, and no stranger with a recycled PID.</summary>
    public void Dispose()
    {
        for (List<int> alive = Alive(); alive.Count > 0; alive = Alive())
        {
            foreach (int id in alive)
            {
                Native.KillByPid(id);
            }
        }

        Root.WaitForExit();
        Root.Dispose();
    }

    private bool IsMarked(string directory)
    {
        try
        {
            // In the middle of an exec a process has neither arguments nor an environment yet. It may lose the processor there. A zombie and a kernel
            // thread have no program, either.
            long start = Stopwatch.GetTimestamp();
            for (int looks = 1; HasProgram(directory) && Stopwatch.GetElapsedTime(start) < s_longestExec; looks++)
            {
                bool hasArguments = File.ReadAllBytes(directory + "/cmdline").Length > 0;
                byte[] environment = File.ReadAllBytes(directory + "/environ");
                if (environment.Length > 0 || (hasArguments && looks >= MaxLooks))
                {
                    return environment.AsSpan().IndexOf(_mark) >= 0;
                }

                Thread.Sleep(0);
            }

            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool HasProgram(string directory) => new FileInfo(directory + "/exe").LinkTarget is not null;
}
