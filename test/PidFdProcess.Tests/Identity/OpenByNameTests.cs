using System.Diagnostics;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Identity;

[TestClass]
public sealed class OpenByNameTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("by-name");
    private readonly HookedKernel _kernel = new();

    // The kernel keeps 15 characters of a name. The runtime finds the rest in the command line.
    [TestMethod]
    [DataRow("pfn-short", false)]
    [DataRow("pfn-short", true)]
    [DataRow("pfn-with-a-long-name", false)]
    [DataRow("pfn-with-a-long-name", true)]
    public void AllProcessesWithTheName_AreOpened(string name, bool stock)
    {
        using ProcessHandleRegistry registry = stock ? StockSwitch.CreateRegistry() : TestRegistry.On(_kernel.Platform);
        string program = Program(name);
        using Process first = Process.Start(program, "1000");
        using Process second = Process.Start(program, "1000");
        WaitForName(first, name);
        WaitForName(second, name);
        int before = TestProcesses.OpenPidFds();
        Process[] found = registry.OpenByName(name.ToUpperInvariant());
        int opened = TestProcesses.OpenPidFds() - before;
        CollectionAssert.AreEquivalent(new[] { first.Id, second.Id }, Array.ConvertAll(found, process => process.Id));
        Assert.IsLessThanOrEqualTo(stock ? 0 : 2, opened);
        foreach (Process process in found)
        {
            Assert.AreEqual(stock ? ProcessRoute.Stock : ProcessRoute.PidFd, registry.Attach(process).Route);
            registry.Kill(process);
            process.Dispose();
        }

        first.WaitForExit();
        second.WaitForExit();
        Assert.IsEmpty(registry.OpenByName(name));
    }

    [TestMethod]
    public void AProcessThatChangesItsName_WhileDescriptorsAreShort_IsLeftOut()
    {
        const string Name = "pfn-short-of";
        using ProcessHandleRegistry registry = TestRegistry.On(_kernel.Platform);
        Assert.IsTrue(registry.Support.IsSupported);
        using Process changes = Process.Start(
            new ProcessStartInfo(Program(Name, "/bin/sh"), ["-c", "read line; exec sleep 1000"]) { RedirectStandardInput = true })!;
        WaitForName(changes, Name);
        int opens = 0;
        _kernel.OnOpen = id =>
        {
            // The name is read after the first attempt, and the process is opened by the second.
            if (id != changes.Id || ++opens == 1)
            {
                return Errno.EMFILE;
            }

            changes.StandardInput.Close();
            WaitForName(changes, "sleep");
            return null;
        };
        Assert.IsEmpty(registry.OpenByName(Name));
        Assert.IsGreaterThan(1, opens);
        changes.Kill();
        changes.WaitForExit();
    }

    [TestMethod]
    public void AProcessThatVanishesAfterItWasOpened_WhileDescriptorsAreShort_LeavesNoPidFd()
    {
        const string Name = "pfn-short-gone";
        using ProcessHandleRegistry registry = TestRegistry.On(_kernel.Platform);
        Assert.IsTrue(registry.Support.IsSupported);
        using NonChildProcess vanishes = NonChildProcess.StartReaped($"exec {Program(Name)} 1000");
        WaitForName(vanishes.Id, Name);
        int before = TestProcesses.OpenPidFds();
        int opens = 0;
        _kernel.OnOpen = id => id == vanishes.Id && ++opens == 1 ? Errno.EMFILE : null;
        _kernel.OnWaitId = _ =>
        {
            // The attachment asks whether the process is a child, after the last check of the PID.
            vanishes.KillAndWaitUntilReaped();
            return null;
        };
        Assert.IsEmpty(registry.OpenByName(Name));
        Assert.IsGreaterThan(1, opens);
        Assert.IsLessThanOrEqualTo(before, TestProcesses.OpenPidFds());
    }

    [TestMethod]
    public void AProcessThatVanishesOrChangesItsName_IsLeftOut()
    {
        const string Name = "pfn-changes";
        using ProcessHandleRegistry registry = TestRegistry.On(_kernel.Platform);
        Assert.IsTrue(registry.Support.IsSupported);
        string program = Program(Name, "/bin/sh");
        ProcessStartInfo start = new(program, ["-c", "read line; exec sleep 1000"]) { RedirectStandardInput = true };
        using Process vanishes = Process.Start(start)!;
        using Process changes = Process.Start(start)!;
        using Process stays = Process.Start(start)!;
        Process[] children = [vanishes, changes, stays];
        Array.ForEach(children, child => WaitForName(child, Name));
        int before = TestProcesses.OpenPidFds();
        _kernel.OnOpen = id =>
        {
            // After the list, before the look.
            if (id == vanishes.Id)
            {
                vanishes.Kill();
                vanishes.WaitForExit();
            }
            else if (id == changes.Id)
            {
                changes.StandardInput.Close();
                WaitForName(changes, "sleep");
            }

            return null;
        };
        Process found = registry.OpenByName(Name).Single();
        Assert.AreEqual(stays.Id, found.Id);
        Assert.IsLessThanOrEqualTo(before + 1, TestProcesses.OpenPidFds());
        registry.Detach(found);
        found.Dispose();
        Array.ForEach(children, child =>
        {
            child.Kill();
            child.WaitForExit();
        });
    }

    [TestMethod]
    public void OutOfDescriptors_TheRuntimeServesTheProcess()
    {
        using ProcessHandleRegistry registry = TestRegistry.On(_kernel.Platform);
        Assert.IsTrue(registry.Support.IsSupported);
        const string Name = "pfn-emfile";
        using Process child = Process.Start(Program(Name), "1000");
        WaitForName(child, Name);
        _kernel.OnOpen = _ => Errno.EMFILE;
        using Process found = registry.OpenByName(Name).Single();
        Assert.AreEqual(child.Id, found.Id);
        Assert.AreEqual(ProcessRoute.Stock, registry.Attach(found).Route);
        child.Kill();
        child.WaitForExit();
    }

    [TestMethod]
    public void TheEndOfTheRegistry_DuringTheCall_LeavesNoPidFd()
    {
        const string Name = "pfn-disposed";
        using ProcessHandleRegistry registry = TestRegistry.On(_kernel.Platform);
        Assert.IsTrue(registry.Support.IsSupported);
        string program = Program(Name);
        Process[] children = [Process.Start(program, "1000"), Process.Start(program, "1000")];
        Array.ForEach(children, static child => WaitForName(child, Name));
        int before = TestProcesses.OpenPidFds();
        int opens = 0;
        _kernel.OnOpen = _ =>
        {
            if (++opens == 2)
            {
                registry.Dispose();
            }

            return null;
        };
        Assert.ThrowsExactly<ObjectDisposedException>(() => registry.OpenByName(Name));
        Assert.IsLessThanOrEqualTo(before, TestProcesses.OpenPidFds());
        foreach (Process child in children)
        {
            child.Kill();
            child.WaitForExit();
            child.Dispose();
        }
    }

    [TestMethod]
    public void AnEmptyName_IsRefused()
    {
        using ProcessHandleRegistry registry = new();
        Assert.ThrowsExactly<ArgumentNullException>(() => registry.OpenByName(null!));
        Assert.ThrowsExactly<ArgumentException>(() => registry.OpenByName(""));
        Assert.IsEmpty(registry.OpenByName("no-such-process-name"));
    }

    public void Dispose() => _directory.Delete(recursive: true);

    private static void WaitForName(Process process, string name) => WaitForName(process.Id, name);

    private static void WaitForName(int id, string name) =>
        TestProcesses.WaitUntil(() => Process.GetProcessesByName(name).Any(each => each.Id == id), $"process {id} has its name");

    private string Program(string name, string original = "/bin/sleep")
    {
        string path = Path.Combine(_directory.FullName, name);
        File.Copy(original, path);
        return path;
    }
}
