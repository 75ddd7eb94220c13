using System.Diagnostics;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Costs;

/// <summary>How many methods of the library a call passes before its system call.</summary>
[TestClass]
public sealed class CallPathTests
{
    // The facade comes before these, and the method of the kernel after them.
    private const int Most = 2;

    [TestMethod]
    public void Kill_OfAnAttachedProcess_PassesFourMethodsAtMost()
    {
        int methods = 0;
        HookedKernel kernel = new()
        {
            OnSignal = (_, _) =>
            {
                methods = new StackTrace().GetFrames().Count(
                    static frame => frame.GetMethod()?.DeclaringType?.Assembly == typeof(ProcessHandleRegistry).Assembly);
                return null;
            },
        };
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        using Process process = TestProcesses.StartSleeper();
        registry.Attach(process);
        registry.Kill(process);
        process.WaitForExit();
        Assert.IsGreaterThan(0, methods);
        Assert.IsLessThanOrEqualTo(Most, methods);
    }
}
