using System.Diagnostics;
using PidFdProcess.Runtime;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Runtime;

/// <summary>A stock call may throw a NullReferenceException if another thread closes or restarts the object during the call.</summary>
[TestClass]
public sealed class StockCallsTests
{
    private static readonly Dictionary<string, Action<Process>> s_calls = new()
    {
        ["HasExited"] = static process => StockCalls.HasExited(process),
        ["ExitCode"] = static process => StockCalls.ExitCode(process),
        ["WaitForExit"] = static process => StockCalls.WaitForExit(process, 0),
        ["a wait with output"] = static process => StockWait.WaitWithOutputAsync(process, CancellationToken.None).GetAwaiter().GetResult(),
    };

    public static IEnumerable<object[]> Calls =>
        from call in s_calls.Keys from restart in new[] { true, false } select new object[] { call, restart };

    /// <summary>A handler of Exited stands for the other thread, because the call runs it in its middle.</summary>
    [TestMethod]
    [DynamicData(nameof(Calls))]
    public void ANullReference_OfAnObjectThatWasClosedOrRestarted_IsAnInvalidOperation(string call, bool restart)
    {
        using Process process = TestProcesses.StartExiting(3);
        process.WaitForExit();
        bool isFirst = true;
        process.Exited += (_, _) =>
        {
            if (!isFirst)
            {
                return;
            }

            isFirst = false;
            process.Close();
            if (restart)
            {
                process.Start();
            }

            _ = Nothing()!.Length;
        };

        // The setter would raise Exited on a thread of the pool.
        ProcessFields.TryMarkEventsAsOn(process);
        InvalidOperationException e = Assert.ThrowsExactly<InvalidOperationException>(() => s_calls[call](process));
        Assert.IsInstanceOfType<NullReferenceException>(e.InnerException);
        if (restart)
        {
            process.WaitForExit();
        }
    }

    private static string? Nothing() => null;
}
