using System.Diagnostics;
using PidFdProcess.Linux;

namespace PidFdProcess.Tests.Tree;

/// <summary>
/// A tree in which every process is ready to fork. All of them read one pipe, and each token on it makes one of them fork once. The test writes a
/// token every 2 ms. Their number is bounded, and they end 8 seconds after the tree has grown. A survivor waits for more tokens until the test closes
/// the pipe at its end.
/// </summary>
[TestClass]
public sealed class ForkingTreeTests
{
    private const string Script = "exec 3<&0; f() { while read x <&3; do f & done; }; f";
    private const int MaxTokens = 5000;
    private const int Runs = 20;
    private static readonly TimeSpan s_end = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan s_stockLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(2);

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    public void Kill_OfATreeThatForksAllTheTime_LeavesNoSurvivorIn20Runs()
    {
        List<double> milliseconds = [];
        for (int i = 0; i < Runs; i++)
        {
            using MarkedTree tree = new(Script, redirectInput: true);
            using Feeder feeder = new(tree.Root);
            tree.WaitForCount(50 + (10 * i));
            feeder.EndLater();
            Stopwatch watch = Stopwatch.StartNew();
            tree.Root.KillViaPidFd(entireProcessTree: true);
            milliseconds.Add(watch.Elapsed.TotalMilliseconds);
            tree.AssertNoSurvivor();
        }

        TestContext.WriteLine($"ms per run: {string.Join(' ', milliseconds.Select(ms => (int)ms))}");

        // The tree forks for 8 s. If the kill took as long, it would have waited for the end of the forks. Its own limit for the stops is 3 s.
        Assert.IsLessThan(6000, milliseconds.Order().ElementAt(Runs / 2));
    }

    [TestMethod]
    public void Kill_DuringABurstOfForks_LeavesNoSurvivor()
    {
        for (int i = 0; i < 5; i++)
        {
            using MarkedTree tree = new(Script, redirectInput: true);

            // All tokens at once, so that the processes fork as fast as they can.
            tree.Root.StandardInput.Write(new string('\n', 2000));
            tree.Root.StandardInput.Flush();
            tree.WaitForCount(20);
            Stopwatch watch = Stopwatch.StartNew();
            tree.Root.KillViaPidFd(entireProcessTree: true);
            TestContext.WriteLine($"{watch.Elapsed.TotalMilliseconds:F0} ms");
            tree.AssertNoSurvivor();
        }
    }

    [TestMethod]
    public async Task AStop_OfATreeThatForksAllTheTime_LeavesNoSurvivor()
    {
        using MarkedTree tree = new($"trap '' TERM; {Script}", redirectInput: true);
        using Feeder feeder = new(tree.Root);
        tree.WaitForCount(50);
        feeder.EndLater();
        Stopwatch watch = Stopwatch.StartNew();
        PidFdExitStatus status = await tree.Root.StopViaPidFdAsync(TimeSpan.FromMilliseconds(200), entireProcessTree: true);
        TestContext.WriteLine($"{watch.Elapsed.TotalMilliseconds:F0} ms");
        Assert.IsTrue(status.Canceled);
        tree.AssertNoSurvivor();
    }

    /// <summary>
    /// Stock for comparison. It lists all processes for each member of the tree. The members that it has not killed in time end when the pipe does.
    /// </summary>
    [TestMethod]
    [TestCategory("Measure")]
    public async Task TheStockKill_OfATreeThatForksAllTheTime_IsMeasured()
    {
        using MarkedTree tree = new(Script, redirectInput: true);
        using Feeder feeder = new(tree.Root);
        tree.WaitForCount(50);
        feeder.EndLater();
        Stopwatch watch = Stopwatch.StartNew();
        Task kill = Task.Run(() => tree.Root.Kill(entireProcessTree: true));
        string outcome = await Task.WhenAny(kill, Task.Delay(s_stockLimit)) == kill ? "returned" : "was not done";
        TestContext.WriteLine($"stock {outcome} after {watch.Elapsed.TotalMilliseconds:F0} ms, then {tree.Alive().Count} of the tree were alive");
        feeder.Dispose();
        try
        {
            await kill;
        }
        catch (AggregateException e)
        {
            TestContext.WriteLine(e.Message);
        }
    }

    /// <summary>Writes the tokens on a thread of its own, and closes the pipe when it is disposed.</summary>
    private sealed class Feeder : IDisposable
    {
        private readonly Stream _pipe;
        private readonly Thread _thread;
        private long _end = long.MaxValue;

        public Feeder(Process root)
        {
            _pipe = root.StandardInput.BaseStream;
            _thread = new Thread(Feed);
            _thread.Start();
        }

        /// <summary>Lets the tokens end after some time.</summary>
        public void EndLater() => Volatile.Write(ref _end, TimeLimit.DeadlineIn(s_end));

        public void Dispose()
        {
            Volatile.Write(ref _end, 0);
            _thread.Join();
            try
            {
                _pipe.Dispose();
            }
            catch (IOException)
            {
                // The buffered tokens cannot be written any more.
            }
        }

        private void Feed()
        {
            try
            {
                for (int tokens = 0; tokens < MaxTokens && Stopwatch.GetTimestamp() < Volatile.Read(ref _end); tokens++)
                {
                    _pipe.Write("\n"u8);
                    _pipe.Flush();
                    Thread.Sleep(s_interval);
                }
            }
            catch (IOException)
            {
                // No process is left to read.
            }
        }
    }
}
