using System.Diagnostics;
using System.Runtime.InteropServices;
using PidFdProcess.Benchmarks.Measuring;

namespace PidFdProcess.Benchmarks.Scenarios;

/// <summary>
/// What a call on an attached process costs against the raw system call of the same shape: a P/Invoke with SetLastError on a SafeHandle.
/// </summary>
internal static class Calls
{
    private const int Batch = 500;
    private const int WarmUp = 20_000;
    private const int WarmUpRounds = 4;

    public static IEnumerable<Row> Run(Sizes sizes)
    {
        using CallTargets targets = new();
        ProcessHandleRegistry registry = targets.Registry;
        Process child = targets.Child;
        Process unattached = targets.UnattachedChild;
        Comparison[] all =
        [
            new("kill (a zombie, which takes any number)", () => registry.Kill(targets.Zombie), () => RawCalls.SendSignal(targets.ZombieFd, 9)),
            new("signal 0", () => registry.Signal(child, (PosixSignal)0), () => RawCalls.SendSignal(targets.ChildFd, 0)),
            new("HasExitedPidFd", () => registry.HasExited(child), () => RawCalls.Poll(targets.ChildFd, 0)),
            new("timed wait (0)", () => registry.WaitForExit(child, 0), () => RawCalls.Poll(targets.ChildFd, 0)),
            new("attach + detach", () => CallTargets.AttachAndDetach(registry, unattached), () => RawCalls.OpenAndClose(unattached.Id), 2.5, 600),
        ];

        // The runtime compiles hot code in the background, first with counters and then without them. Each time needs calls and a pause. All calls
        // are warm before the first is measured, because they share code.
        for (int round = 0; round < WarmUpRounds; round++)
        {
            foreach (Comparison each in all)
            {
                for (int i = 0; i < WarmUp; i++)
                {
                    each.Ours();
                    each.Raw();
                }
            }

            Thread.Sleep(300);
        }

        foreach (Comparison each in all)
        {
            yield return Compare(sizes, each);
        }
    }

    private static Row Compare(Sizes sizes, Comparison each)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Batch; i++)
        {
            each.Ours();
        }

        long allocated = (GC.GetAllocatedBytesForCurrentThread() - before) / Batch;
        Series[] series = Interleaver.Run(
            5, sizes.CallTurns, (Implementation.PidFd, () => [Time(each.Ours)]), (Implementation.Raw, () => [Time(each.Raw)]));
        return new Row(each.Name, "ns", series)
            .Promise(Implementation.PidFd, Implementation.Raw, each.Limit)
            .Promise("bytes allocated", allocated, each.Bytes);
    }

    private static double Time(Action call)
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < Batch; i++)
        {
            call();
        }

        return Stopwatch.GetElapsedTime(start).TotalNanoseconds / Batch;
    }

    /// <summary>A call of this library and the raw call of the same shape, with the limits of the ratio and of the bytes.</summary>
    private sealed record Comparison(string Name, Action Ours, Action Raw, double Limit = 1.3, long Bytes = 0);
}
