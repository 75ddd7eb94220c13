using PidFdProcess.Linux;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Tree;

/// <summary>The descendants are killed, but not the root.</summary>
[TestClass]
public sealed class DescendantsTests
{
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void KillDescendants_LeavesTheRootAloneAndRunning(bool byPid)
    {
        using MarkedTree tree = new("sh -c 'sleep 1000 & wait' & sleep 1000 & wait; wait; echo alone; exec sleep 1000");
        tree.WaitForCount(4);
        HookedKernel kernel = new();
        kernel.OnSignal = (pidFd, signal) =>
        {
            Assert.IsTrue(signal == 0 || HookedKernel.ProcessIdOf(pidFd) != tree.Root.Id, "the root gets no signal");
            return null;
        };
        kernel.OnKill = (id, _) =>
        {
            Assert.AreNotEqual(tree.Root.Id, id);
            return null;
        };
        Assert.AreEqual((Errno)0, LinuxKernel.Instance.PidFdOpen(tree.Root.Id, out SafePidFdHandle root));
        using (root)
        {
            Assert.AreEqual((Errno)0, TreeKill.Run(kernel, tree.Root.Id, byPid ? null : root, TreeScope.Descendants));
        }

        Assert.AreEqual("alone", tree.Root.StandardOutput.ReadLine());
        tree.AssertAlive(tree.Root.Id);
    }

    [TestMethod]
    public void KillDescendants_OfAnAncestorOfTheCaller_IsRefused()
    {
        Assert.AreEqual((Errno)0, LinuxKernel.Instance.ReadProcStat(Environment.ProcessId, out ProcStat stat));
        Assert.AreEqual((Errno)0, LinuxKernel.Instance.PidFdOpen(stat.ParentId, out SafePidFdHandle parent));
        using (parent)
        {
            HookedKernel kernel = new()
            {
                OnSignal = static (_, signal) => signal == 0 ? null : throw new AssertFailedException("no signal is sent"),
            };
            Assert.ThrowsExactly<InvalidOperationException>(() => TreeKill.Run(kernel, stat.ParentId, parent, TreeScope.Descendants));
        }
    }

    [TestMethod]
    public async Task KillDescendants_OfTheCaller_KillsAllButTheCaller()
    {
        ToolRun run = await DummyProgram.SucceedAsync(["kill-own-descendants"]);
        Assert.AreEqual("0 descendants are left\n", run.Output);
    }
}
