using System.Diagnostics;
using PidFdProcess.Runtime;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Exited;

/// <summary>Another thread turns events on during a call that must not raise Exited.</summary>
[TestClass]
public sealed class EventsTurnedOnTests
{
    private static readonly TimeSpan s_duration = TimeSpan.FromSeconds(2);

    [TestMethod]
    public void Attach_WhileEventsAreTurnedOn_RaisesNothingOnItsThread()
    {
        using ProcessHandleRegistry registry = new();
        using Process process = TestProcesses.StartExiting(3);
        process.WaitForExit();
        int attacher = Environment.CurrentManagedThreadId;
        bool hasRaised = false;
        process.Exited += (_, _) => hasRaised |= Environment.CurrentManagedThreadId == attacher;
        bool isOver = false;
        Thread switcher = new(() =>
        {
            while (!Volatile.Read(ref isOver))
            {
                process.EnableRaisingEvents = true;
                Thread.SpinWait(5);
                process.EnableRaisingEvents = false;
                lock (process)
                {
                    // As for a process whose exit nobody has noticed.
                    ProcessFields.MarkExitedAsRaised(process, false);
                }

                Thread.SpinWait(20);
            }
        });
        switcher.Start();
        for (long start = Stopwatch.GetTimestamp(); !hasRaised && Stopwatch.GetElapsedTime(start) < s_duration;)
        {
            registry.Detach(process);
            registry.Attach(process);
        }

        Volatile.Write(ref isOver, true);
        switcher.Join();
        Assert.IsFalse(hasRaised);
    }
}
