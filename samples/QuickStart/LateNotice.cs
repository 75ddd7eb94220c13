using System.Diagnostics;
using PidFdProcess;

namespace QuickStart;

/// <summary>How late the exit of a non-child is noticed. The stock wait polls, and it waits for the parent to reap.</summary>
internal static class LateNotice
{
    private static readonly TimeSpan s_parentIsLate = TimeSpan.FromSeconds(1);

    public static async Task ShowAsync(Cast cast)
    {
        Screen.Title("How late is the exit of a non-child noticed?");
        List<string[]> rows = [];
        foreach (bool reapsAtOnce in new[] { true, false })
        {
            NonChildProcess nonChild = cast.StartNonChild(reapsAtOnce);
            using Process forStock = Process.GetProcessById(nonChild.Id);
            using Process forPidFd = ProcessHandleRegistry.Default.Open(nonChild.Id);
            Task<long> stock = TimestampAfterAsync(forStock.WaitForExitAsync());
            Task<long> pidFd = TimestampAfterAsync(forPidFd.WaitForExitPidFdAsync());

            // A stock wait starts to poll every millisecond and slows down to every 100, so let it last a while.
            await Task.Delay(TimeSpan.FromMilliseconds(500));
            long killed = Stopwatch.GetTimestamp();
            forPidFd.KillViaPidFd();
            if (!reapsAtOnce)
            {
                await Task.Delay(s_parentIsLate);
                nonChild.LetParentReap();
            }

            string parent = reapsAtOnce ? "at once" : $"after {s_parentIsLate.TotalSeconds} s";
            rows.Add([parent, Milliseconds(killed, await stock), Milliseconds(killed, await pidFd)]);
        }

        Screen.Table(["its parent reaps", "WaitForExitAsync", "WaitForExitPidFdAsync"], rows);
    }

    private static async Task<long> TimestampAfterAsync(Task wait)
    {
        await wait;
        return Stopwatch.GetTimestamp();
    }

    private static string Milliseconds(long from, long to) => $"{Stopwatch.GetElapsedTime(from, to).TotalMilliseconds:F2} ms";
}
