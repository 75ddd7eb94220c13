using System.Diagnostics;
using PidFdProcess.Shared;

namespace PidFdProcess.Conformance;

/// <summary>
/// Measures how often the library reads a status before the parent reaps, of so many exits. A zombie is there for a fraction of a millisecond.
/// On kernels before 6.15 no source tells later how a non-child ended.
/// </summary>
internal static class SuccessRates
{
    /// <summary>Gets statuses of non-children, and usages of children waited for asynchronously and by a blocked thread.</summary>
    public static async Task<(int NonChild, int Asynchronous, int Blocking)> MeasureAsync(int count) =>
        (await NonChildAsync(count), await AsynchronousAsync(count), Blocking(count));

    private static async Task<int> NonChildAsync(int count)
    {
        using ProcessHandleRegistry registry = new();

        // As quick as a parent can be, because it waits in waitpid and reaps at once.
        using Process parent = Process.Start(new ProcessStartInfo(
            Shell.Path, ["-c", "while read code; do (read x; exit $code) <&3 & echo $!; wait; done 3<&0"])
        { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        int won = 0;
        for (int i = 0; i < count; i++)
        {
            parent.StandardInput.WriteLine(i % 100);
            using Process process = registry.Open(Host.Parse((await parent.StandardOutput.ReadLineAsync())!));
            Task<PidFdExitStatus> exit = registry.WaitForExitStatusAsync(process);
            parent.StandardInput.WriteLine();
            PidFdExitStatus status = await exit.WaitAsync(Check.Limit);
            if (status.Source != ExitStatusSource.Unknown)
            {
                Check.Equal<int?>(i % 100, status.ExitCode);
                won++;
            }
        }

        parent.StandardInput.Close();
        await parent.WaitForExitAsync();
        return won;
    }

    private static async Task<int> AsynchronousAsync(int count)
    {
        using ProcessHandleRegistry registry = new();
        int won = 0;
        for (int i = 0; i < count; i++)
        {
            using Process child = Shell.StartExitingOnCommand(0);
            Task<PidFdExitStatus> exit = registry.WaitForExitStatusAsync(child);
            child.StandardInput.Close();
            won += (await exit.WaitAsync(Check.Limit)).ResourceUsage is null ? 0 : 1;
        }

        return won;
    }

    private static int Blocking(int count)
    {
        using ProcessHandleRegistry registry = new();
        int won = 0;
        for (int i = 0; i < count; i++)
        {
            // Long enough for the wait to begin before the exit.
            using Process child = Shell.Start("sleep 0.01; exit 0");
            won += registry.WaitForExitStatus(child).ResourceUsage is null ? 0 : 1;
        }

        return won;
    }
}
