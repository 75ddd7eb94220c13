using System.Diagnostics;
using System.Globalization;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.ExitStatus;

/// <summary>A thread that blocks until it has an exit status leaves SIGCHLD to others, for as long as it waits and no longer.</summary>
[TestClass]
public sealed class SigChldMaskTests
{
    private const string MaskedSignals = "SigBlk:";
    private const ulong SigChld = 1ul << 16;

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void AWaitForTheStatus_KeepsSigChldFromItsThread_AndAPlainWaitDoesNot(bool forStatus)
    {
        using ProcessHandleRegistry registry = new();
        using Process child = TestProcesses.StartSleeper();
        string? thread = null;
        bool? masked = null;
        Thread waiter = new(() =>
        {
            Volatile.Write(ref thread, new FileInfo("/proc/thread-self").ResolveLinkTarget(returnFinalTarget: false)!.FullName);
            if (forStatus)
            {
                registry.WaitForExitStatus(child);
            }
            else
            {
                registry.WaitForExit(child, Timeout.Infinite);
            }

            masked = IsMasked("/proc/thread-self");
        });
        waiter.Start();
        TestProcesses.WaitUntil(() => Volatile.Read(ref thread) is { } path && IsInPoll(path), "the thread polls");
        Assert.AreEqual(forStatus, IsMasked(thread!));

        registry.Kill(child);
        waiter.Join();
        Assert.IsFalse(masked);
    }

    [TestMethod]
    public void WhatAHandlerOfExitedStarts_DoesNotInheritTheMask()
    {
        using ProcessHandleRegistry registry = new();
        using Process child = TestProcesses.StartSleeper();
        child.EnableRaisingEvents = true;
        bool? masked = null;
        using ManualResetEventSlim handled = new();
        child.Exited += (_, _) =>
        {
            using Process next = TestProcesses.StartSleeper();
            masked = IsMasked(Invariant($"/proc/{next.Id}"));
            next.Kill();
            handled.Set();
        };
        registry.Kill(child);
        registry.WaitForExitStatus(child);
        Assert.IsTrue(handled.Wait(TimeSpan.FromSeconds(60)));
        Assert.IsFalse(masked);
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);

    // poll(2) is 7 on x64; elsewhere libc makes it ppoll(2), 73.
    private static bool IsInPoll(string path) => File.ReadAllText(path + "/syscall").Split(' ')[0] is "7" or "73" or "168" or "336";

    private static bool IsMasked(string path)
    {
        string line = File.ReadLines(path + "/status").First(static line => line.StartsWith(MaskedSignals, StringComparison.Ordinal));
        return (ulong.Parse(line.AsSpan(MaskedSignals.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) & SigChld) != 0;
    }
}
