using System.Diagnostics;
using PidFdProcess.Shared;

namespace PidFdProcess.Benchmarks.Measuring;

/// <summary>Children that sleep until they are killed.</summary>
internal static class Children
{
    public static Process StartSleeper()
    {
        Process child = Process.Start("/bin/sleep", "1000");
        WaitUntilAsleep(child.Id);
        return child;
    }

    public static Process[] StartSleepers(int count)
    {
        Process[] children = new Process[count];
        for (int i = 0; i < count; i++)
        {
            children[i] = Process.Start("/bin/sleep", "1000");
        }

        Array.ForEach(children, static child => WaitUntilAsleep(child.Id));
        return children;
    }

    public static void Dispose(Process[] children) => Array.ForEach(children, static child => child.Dispose());

    public static InvalidOperationException Unexpected(Process child) => new($"Exit code {child.ExitCode} of {child.StartInfo.FileName}.");

    /// <summary>A process that is still loading takes another time to die.</summary>
    public static void WaitUntilAsleep(int processId)
    {
        while (ProcessTable.StateOf(processId) is not (null or 'S'))
        {
            Thread.Sleep(1);
        }
    }
}
