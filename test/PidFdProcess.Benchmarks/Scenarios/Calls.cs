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
        yield return Compare(
            sizes, "kill (a zombie, which takes any number)", () => registry.Kill(targets.Zombie), () => RawCalls.SendSignal(targets.ZombieFd, 9));
        yield return Compare(
            sizes, "signal 0", () => registry.Signal(child, (PosixSignal)0), () => RawCalls.SendSignal(targets.ChildFd, 0));
        yield return Compare(sizes, "HasExitedPidFd", () => registry.HasExited(child), () => RawCalls.Poll(targets.ChildFd, 0));
        yield return Compare(sizes, "timed wait (0)", () => registry.WaitForExit(child, 0), () => RawCalls.Poll(targets.ChildFd, 0));
        registry.Detach(child);
        yield return Compare(
            sizes, "attach + detach", () => CallTargets.AttachAndDetach(registry, child), () => RawCalls.OpenAndClose(child.Id), 2.5, bytes: 600);
    }

    private static Row Compare(Sizes sizes, string name, Action ours, Action raw, double limit = 1.3, long bytes = 0)
    {
        // The runtime compiles hot code in the background, first with counters and then without them. Each time needs calls and a pause.
        for (int round = 0; round < WarmUpRounds; round++)
        {
            for (int i = 0; i < WarmUp; i++)
            {
                ours();
                raw();
            }

            Thread.Sleep(300);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Batch; i++)
        {
            ours();
        }

        long allocated = (GC.GetAllocatedBytesForCurrentThread() - before) / Batch;
        Series[] series = Interleaver.Run(5, sizes.CallTurns, (Implementation.PidFd, () => [Time(ours)]), (Implementation.Raw, () => [Time(raw)]));
        return new Row(name, "ns", series).Promise(Implementation.PidFd, Implementation.Raw, limit).Promise("bytes allocated", allocated, bytes);
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
}
