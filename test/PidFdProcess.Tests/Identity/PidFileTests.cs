using System.Diagnostics;
using System.Globalization;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Identity;

[TestClass]
public sealed class PidFileTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    [TestMethod]
    [DataRow(false, "{0}")]
    [DataRow(false, "{0}\n")]
    [DataRow(false, " {0} \r\nmore, as PostgreSQL writes\n")]
    [DataRow(true, "{0}\n")]
    public void TheProcessThatWroteTheFile_IsOpened(bool stock, string format)
    {
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistry(stock);
        using Process child = TestProcesses.StartSleeper();
        Write(child.Id, format);
        using (Process process = registry.OpenPidFile(_path))
        {
            Assert.AreEqual(child.Id, process.Id);
            Assert.AreEqual(stock ? ProcessRoute.Stock : ProcessRoute.PidFd, registry.Attach(process).Route);
        }

        End(child);
    }

    [TestMethod]
    public void AProcessThatWritesTheFileAtItsStart_IsOpenedEachTime()
    {
        using ProcessHandleRegistry registry = new();
        for (int i = 0; i < 50; i++)
        {
            using Process child = Process.Start("/bin/sh", ["-c", "echo $$ > \"$0\"; exec sleep 1000", _path]);
            TestProcesses.WaitUntil(() => File.ReadAllText(_path) == $"{child.Id}\n", "the file is written");
            using Process process = registry.OpenPidFile(_path);
            Assert.AreEqual(child.Id, process.Id);
            registry.Detach(process);
            End(child);
        }
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void AProcessThatIsYoungerThanTheFile_IsRefused(bool stock)
    {
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistry(stock);
        using Process child = TestProcesses.StartSleeper();
        Write(child.Id);
        int before = TestProcesses.OpenPidFds();
        DateTime start = child.StartTime.ToUniversalTime();

        // The fraction says that the file system has one.
        File.SetLastWriteTimeUtc(_path, new DateTime(start.Ticks - TimeSpan.TicksPerSecond | 1, DateTimeKind.Utc));
        ArgumentException e = Assert.ThrowsExactly<ArgumentException>(() => registry.OpenPidFile(_path));
        StringAssert.Contains(e.Message, _path);
        StringAssert.Contains(e.Message, "written");
        Assert.IsLessThanOrEqualTo(before, TestProcesses.OpenPidFds());

        // Without a fraction, two seconds may have been cut off.
        File.SetLastWriteTimeUtc(_path, new DateTime(start.Ticks / TimeSpan.TicksPerSecond * TimeSpan.TicksPerSecond, DateTimeKind.Utc));
        using Process process = registry.OpenPidFile(_path);
        File.SetLastWriteTimeUtc(_path, start.AddHours(1));
        using Process same = registry.OpenPidFile(_path);
        End(child);
    }

    [TestMethod]
    public void AStrangerUnderTheRecycledPid_IsRefused()
    {
        RecycledPid.Require();
        using ProcessHandleRegistry registry = new();
        using Process daemon = TestProcesses.StartSleeper();
        Write(daemon.Id);
        DateTime written = File.GetLastWriteTimeUtc(_path);
        End(daemon);
        TestProcesses.WaitUntil(() => DateTime.UtcNow - written > TimeSpan.FromMilliseconds(50), "some ticks have passed");
        using Process stranger = RecycledPid.Start(daemon.Id);
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => registry.OpenPidFile(_path)).Message, "written");
        End(stranger);
    }

    [TestMethod]
    public void OnTheStockRoute_AStrangerThatGetsThePidLater_IsSpared()
    {
        RecycledPid.Require();
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistry(stock: true);
        using NonChildProcess daemon = NonChildProcess.StartReaped();
        Write(daemon.Id);
        using Process process = registry.OpenPidFile(_path);
        DateTime opened = DateTime.UtcNow;
        TestProcesses.WaitUntil(() => DateTime.UtcNow - opened > TimeSpan.FromMilliseconds(50), "some ticks have passed");
        daemon.KillAndWaitUntilReaped();
        using Process stranger = RecycledPid.Start(daemon.Id);
        registry.Kill(process);
        TestProcesses.WaitUntilAsleep(stranger.Id);
        End(stranger);
    }

    [TestMethod]
    public void AProcessThatIsGone_IsRefused()
    {
        using ProcessHandleRegistry registry = new();
        using Process child = TestProcesses.StartSleeper();
        Write(child.Id);
        End(child);
        Assert.ThrowsExactly<ArgumentException>(() => registry.OpenPidFile(_path));
    }

    [TestMethod]
    public void WithoutProc_TheCallIsNotSupported_AndNothingStaysOpen()
    {
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        using Process child = TestProcesses.StartSleeper();
        Write(child.Id);
        Assert.IsTrue(registry.Support.IsSupported);
        int before = TestProcesses.OpenPidFds();
        kernel.OnReadStat = static _ => Errno.ENOENT;
        StringAssert.Contains(Assert.ThrowsExactly<PlatformNotSupportedException>(() => registry.OpenPidFile(_path)).Message, "/proc");
        Assert.AreEqual(0, registry.Count);
        Assert.IsLessThanOrEqualTo(before, TestProcesses.OpenPidFds());
        End(child);
    }

    [TestMethod]
    public void AProcessThatIsReapedDuringTheCall_IsRefused_AndNothingStaysOpen()
    {
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        Write(nonChild.Id);
        Assert.IsTrue(registry.Support.IsSupported);
        int before = TestProcesses.OpenPidFds();
        kernel.OnReadStat = id =>
        {
            nonChild.KillAndWaitUntilReaped();
            return null;
        };
        ArgumentException e = Assert.ThrowsExactly<ArgumentException>(() => registry.OpenPidFile(_path));
        StringAssert.StartsWith(e.Message, $"Process {nonChild.Id} of {_path} is not running");
        Assert.AreEqual(0, registry.Count);
        Assert.IsLessThanOrEqualTo(before, TestProcesses.OpenPidFds());
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("\n4711")]
    [DataRow("x")]
    [DataRow("0")]
    [DataRow("-1")]
    [DataRow("+1")]
    [DataRow("1 2")]
    [DataRow("12345678901")]
    [DataRow("1:2")]
    public void AFileWithoutAPid_IsRefused(string text)
    {
        using ProcessHandleRegistry registry = new();
        File.WriteAllText(_path, text);
        StringAssert.Contains(Assert.ThrowsExactly<FormatException>(() => registry.OpenPidFile(_path)).Message, _path);
    }

    [TestMethod]
    public void AMissingFile_IsReportedAsByTheRuntime()
    {
        using ProcessHandleRegistry registry = new();
        Assert.ThrowsExactly<FileNotFoundException>(() => registry.OpenPidFile(_path + ".none"));
        Assert.ThrowsExactly<ArgumentNullException>(() => registry.OpenPidFile(null!));
    }

    public void Dispose() => File.Delete(_path);

    private static void End(Process process)
    {
        process.Kill();
        process.WaitForExit();
    }

    private void Write(int processId, string format = "{0}") =>
        File.WriteAllText(_path, string.Format(CultureInfo.InvariantCulture, format, processId));
}
