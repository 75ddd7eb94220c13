using System.Diagnostics;
using PidFdProcess.Handles;
using PidFdProcess.Linux;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.ExitStatus;

[TestClass]
public sealed class ResourceUsageTests
{
    private const long Block = 64L << 20;
    private const int Tries = 100;

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    public void ABusyChild_HasItsTimesAndPeakMemory()
    {
        // More than this process ever had, because the child began with the memory of this process.
        long size = OwnPeak() + Block;
        ProcessResourceUsage usage = UsageOf(
            $"i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done; dd if=/dev/zero of=/dev/null bs={size} count=1 2>/dev/null", out TimeSpan elapsed);
        TestContext.WriteLine($"{usage} in {elapsed}");
        Assert.IsGreaterThan(TimeSpan.FromMilliseconds(20), usage.UserTime);
        Assert.IsLessThan(elapsed + TimeSpan.FromSeconds(1), usage.UserTime);
        Assert.IsLessThan(elapsed + TimeSpan.FromSeconds(1), usage.SystemTime);
        Assert.IsGreaterThan(size, usage.PeakResidentBytes);
        Assert.IsLessThan(size + Block, usage.PeakResidentBytes);
    }

    [TestMethod]
    public void AChildThatWorksInTheKernel_HasMoreSystemTimeThanUserTime()
    {
        ProcessResourceUsage usage = UsageOf("exec dd if=/dev/zero of=/dev/null bs=1M count=8000 2>/dev/null", out _);
        TestContext.WriteLine($"{usage}");
        Assert.IsGreaterThan(usage.UserTime, usage.SystemTime);
    }

    [TestMethod]
    public void AnIdleChild_UsesLittleTimeAndMemory()
    {
        ProcessResourceUsage usage = UsageOf("exit 0", out _);
        Assert.IsLessThan(TimeSpan.FromMilliseconds(500), usage.UserTime + usage.SystemTime);
        Assert.IsGreaterThan(0L, usage.PeakResidentBytes);
        Assert.IsLessThan(OwnPeak() + Block, usage.PeakResidentBytes);
    }

    [TestMethod]
    public void UsageOf_TheStructure_ConvertsEachFieldWithItsUnit()
    {
        RUsage usage = new() { UserSeconds = 3, UserMicroseconds = 500_001, SystemSeconds = 1, SystemMicroseconds = 2, MaxResidentKilobytes = 10 };
        Assert.AreEqual(
            new ProcessResourceUsage(TimeSpan.FromTicks(35_000_010), TimeSpan.FromTicks(10_000_020), 10_240), ExitRecord.UsageOf(usage));
    }

    private static long OwnPeak()
    {
        using Process self = Process.GetCurrentProcess();
        return self.PeakWorkingSet64;
    }

    // On a busy machine the runtime often reaps first.
    private static ProcessResourceUsage UsageOf(string script, out TimeSpan elapsed)
    {
        for (int i = 0; i < Tries; i++)
        {
            Stopwatch watch = Stopwatch.StartNew();
            using Process child = TestProcesses.StartShell(script);
            PidFdExitStatus status = child.WaitForExitStatusPidFd();
            elapsed = watch.Elapsed;
            Assert.AreEqual(status.Source == ExitStatusSource.WaitId, status.ResourceUsage.HasValue);
            if (status.ResourceUsage is { } usage)
            {
                return usage;
            }
        }

        throw new AssertInconclusiveException($"The runtime reaped {Tries} of {Tries} children before the library could look.");
    }
}
