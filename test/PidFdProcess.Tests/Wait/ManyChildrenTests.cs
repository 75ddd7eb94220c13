using System.Diagnostics;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Wait;

[TestClass]
public sealed class ManyChildrenTests
{
    private const int Children = 20_000;
    private const int Threads = 8;
    private const int AliveAtOnce = 64;
    private const int Batch = AliveAtOnce / Threads;

    [TestMethod]
    public async Task TwentyThousandShortChildren_EveryWaitEndsWithTheRightExitCode()
    {
        int before = ResourceCounts.PidFdBaseline();
        Task<int>[] workers = new Task<int>[Threads];
        for (int worker = 0; worker < Threads; worker++)
        {
            int seed = worker;
            workers[worker] = Task.Factory.StartNew(() => RunShare(seed), TaskCreationOptions.LongRunning);
        }

        int[] checkedChildren = await Task.WhenAll(workers).WaitAsync(TimeSpan.FromMinutes(10));

        Assert.AreEqual(Children, checkedChildren.Sum());
        ResourceCounts.WaitForPidFds(before);
        TestProcesses.WaitUntil(() => ResourceCounts.ZombieChildren() == 0, "all children are reaped");
    }

    private static int RunShare(int seed)
    {
        int done = 0;
        while (done < Children / Threads)
        {
            int count = Math.Min(Batch, (Children / Threads) - done);
            RunBatch((seed * Children) + done, count);
            done += count;
        }

        return done;
    }

    private static void RunBatch(int first, int count)
    {
        Process[] children = new Process[count];
        Task[] asynchronous = new Task[count];
        for (int i = 0; i < count; i++)
        {
            int exitCode = (first + i) % 256;
            children[i] = new Process { StartInfo = new ProcessStartInfo("/bin/sh", ["-c", $"exit {exitCode}"]) };

            // Half of them are attached by their first wait, perhaps after their exit.
            Assert.IsTrue(i % 2 == 0 ? children[i].StartWithPidFd() : children[i].Start());
        }

        // Every child has an asynchronous wait, two of three also a blocking or a timed one at the same time.
        for (int i = 0; i < count; i++)
        {
            asynchronous[i] = children[i].WaitForExitPidFdAsync();
        }

        for (int i = 0; i < count; i++)
        {
            switch ((first + i) % 3)
            {
                case 0:
                    children[i].WaitForExitPidFd();
                    break;
                case 1:
                    Assert.IsTrue(children[i].WaitForExitPidFd(TimeSpan.FromMinutes(2)));
                    break;
                default:
                    Assert.IsTrue(asynchronous[i].Wait(TimeSpan.FromMinutes(2)));
                    break;
            }

            Assert.AreEqual((first + i) % 256, children[i].ExitCode);
        }

        Assert.IsTrue(Task.WaitAll(asynchronous, TimeSpan.FromMinutes(2)));
        foreach (Process child in children)
        {
            child.Dispose();
        }
    }
}
