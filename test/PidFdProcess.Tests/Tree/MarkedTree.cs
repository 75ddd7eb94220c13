using System.Diagnostics;
using System.Text;
using Mono.Unix.Native;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Tree;

/// <summary>
/// A shell and all that descends from it, whoever their parents are by now: each carries a mark in its environment. What is left at the
/// end is killed.
/// </summary>
internal sealed class MarkedTree : IDisposable
{
    private const string Variable = "PIDFDPROCESS_TEST_TREE";

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

    /// <summary>Lists the living. A zombie has no environment any more and is not among them.</summary>
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

    /// <summary>Waits until nobody is left: who was sent SIGKILL ends a moment later.</summary>
    public void AssertNoSurvivor() => AssertAlive();

    /// <summary>Waits until these alone are left.</summary>
    public void AssertAlive(params int[] expected)
    {
        List<int> alive = [];
        TestProcesses.WaitUntil(() => (alive = Alive()).Count <= expected.Length, $"{expected.Length} of the tree are left", 60_000);
        CollectionAssert.AreEquivalent(expected, alive);
    }

    /// <summary>A hook of SIGSTOP: the root is not stopped, or it could not reap those who end in the midst of the test.</summary>
    public Errno? LetRootReap(SafePidFdHandle pidFd, int signal) =>
        signal == (int)Signum.SIGSTOP && HookedKernel.ProcessIdOf(pidFd) == Root.Id ? 0 : null;

    /// <summary>A living process is the one that has the mark, and no other under its PID.</summary>
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
            return File.ReadAllBytes(directory + "/environ").AsSpan().IndexOf(_mark) >= 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
