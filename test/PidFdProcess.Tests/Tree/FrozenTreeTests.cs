using System.Diagnostics;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Tree;

/// <summary>Members that take SIGSTOP but do not stop, as in a frozen cgroup.</summary>
[TestClass]
public sealed class FrozenTreeTests
{
    private const int Members = 6;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);

    [TestMethod]
    public void Kill_OfMembersThatDoNotStop_WaitsForOneLimitInAll()
    {
        using MarkedTree tree = new("i=1; while [ $i -lt 6 ]; do sleep 1000 & i=$((i+1)); done; wait");
        tree.WaitForCount(Members);
        HookedKernel kernel = new() { ChangeStat = static stat => stat with { State = stat.State == 'T' ? 'S' : stat.State } };
        Stopwatch watch = Stopwatch.StartNew();
        TreeKillTests.Kill(tree, kernel);
        TimeSpan elapsed = watch.Elapsed;
        tree.AssertNoSurvivor();
        Assert.IsLessThan(s_limit, elapsed);
    }
}
