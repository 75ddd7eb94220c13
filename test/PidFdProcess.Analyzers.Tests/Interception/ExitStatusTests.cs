using System.Diagnostics;
using System.Reflection;
using PidFdProcess.CompilerServices;

namespace PidFdProcess.Analyzers.Tests.Interception;

/// <summary>What the interceptors of <c>WaitForExitStatus</c> and its siblings wait for, on any runtime.</summary>
[TestClass]
[DoNotParallelize]
public sealed class ExitStatusTests
{
    private const int Killed = 137;

    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);

    private static IEnumerable<Func<Process, Task<PidFdExitStatus>>> Waits =>
    [
        static process => Task.Run(() => ExitStatusInterceptors.Wait(process)),
        static process => Task.Run(() => ExitStatusInterceptors.Wait(process, s_limit, out _)!),
        static process => ExitStatusInterceptors.WaitAsync(process, CancellationToken.None),
    ];

    [TestMethod]
    [DynamicData(nameof(Waits))]
    public async Task AWait_WhileTheRuntimeCannotReap_DoesNotEndBeforeTheReap(Func<Process, Task<PidFdExitStatus>> wait)
    {
        using Process process = ProcessInterceptors.Start("/bin/sleep", "1000");
        Assert.IsTrue(ExitStatusInterceptors.CanReplace(process));
        Task<PidFdExitStatus> status = wait(process);

        bool isEarly = KillWhileTheRuntimeCannotReap(process, status);

        Assert.IsFalse(isEarly, "The wait has ended, and the child was not reaped.");
        Assert.AreEqual(Killed, (await status).ExitCode);
        Assert.IsTrue(process.HasExited);
        Assert.AreEqual(Killed, process.ExitCode);
    }

    [TestMethod]
    public void AWait_WhoseTimeIsOver_LeavesNoTime()
    {
        using Process process = ProcessInterceptors.Start("/bin/sleep", "1000");

        Assert.IsNull(ExitStatusInterceptors.Wait(process, TimeSpan.FromMilliseconds(5), out TimeSpan left));

        Assert.AreEqual(TimeSpan.Zero, left);
        process.KillViaPidFd();
        Assert.IsNotNull(ExitStatusInterceptors.Wait(process, s_limit, out left));
        Assert.IsLessThanOrEqualTo(s_limit, left);
        Assert.IsGreaterThan(TimeSpan.Zero, left);
    }

    // The stock methods throw PlatformNotSupportedException for it.
    [TestMethod]
    public void ANonChild_IsLeftToTheStockMethods()
    {
        using Process shell = new() { StartInfo = new("/bin/sh", ["-c", "sleep 1000 & echo $!; wait"]) { RedirectStandardOutput = true } };
        shell.Start();
        using Process grandchild = Process.GetProcessById(int.Parse(shell.StandardOutput.ReadLine()!, null));

        bool canReplace = ExitStatusInterceptors.CanReplace(grandchild);

        grandchild.KillViaPidFd();
        shell.WaitForExit();
        Assert.IsFalse(canReplace);
    }

    [TestMethod]
    public void TheSignalZero_IsLeftToTheStockMethod()
    {
        using Process process = ProcessInterceptors.Start("/bin/sleep", "1000");

        Assert.IsFalse(ProcessInterceptors.TrySignal(process, 0, out _));

        process.KillViaPidFd();
        process.WaitForExitPidFd();
    }

    // Holds the lock under which the runtime looks for exited children. Returns whether the task has ended under the lock.
    private static bool KillWhileTheRuntimeCannotReap(Process process, Task task)
    {
        object? children = Type.GetType("System.Diagnostics.ProcessWaitState, System.Diagnostics.Process")
            ?.GetField("s_childProcessWaitStates", BindingFlags.Static | BindingFlags.NonPublic)?.GetValue(null);
        if (children is null)
        {
            process.KillViaPidFd();
            Assert.Inconclusive("This runtime has no table of children that could be locked.");
        }

        lock (children)
        {
            process.KillViaPidFd();
            SpinWait.SpinUntil(() => File.ReadAllText($"/proc/{process.Id}/stat").Contains(") Z ", StringComparison.Ordinal));
            return task.Wait(TimeSpan.FromMilliseconds(200));
        }
    }
}
