using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using PidFdProcess.Linux;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Linux;

/// <summary>What a call does with each errno of a row of the table, with a fake that fails once the process is attached.</summary>
internal static class ErrnoWalks
{
    /// <summary>The walks by the name of the call that fails.</summary>
    public static IReadOnlyDictionary<string, Action<Errno>> All { get; } = new Dictionary<string, Action<Errno>>
    {
        [ErrnoTable.PidFdSignalGroup] = SignalGroup,
        [ErrnoTable.Kill] = KillByNumber,
        [ErrnoTable.Proc] = ReadProc,
        [ErrnoTable.NameToHandleAt] = ProbeFileHandles,
        [ErrnoTable.OpenByHandleAt] = OpenByHandle,
    };

    private static void SignalGroup(Errno errno)
    {
        List<int> killed = [];
        HookedKernel kernel = new()
        {
            OnSignalGroup = (_, _) => errno,
            OnKill = (id, _) =>
            {
                killed.Add(id);
                return 0;
            },
        };
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        using Process leader = StartLeader();
        ErrnoMeaning meaning = ErrnoTable.MeaningOf(ErrnoTable.PidFdSignalGroup, errno);
        if (meaning is ErrnoMeaning.Gone or ErrnoMeaning.Unsupported)
        {
            Assert.AreEqual(meaning == ErrnoMeaning.Unsupported, registry.SignalGroup(leader, PosixSignal.SIGTERM));
        }
        else
        {
            AssertFails(errno, "pidfd_send_signal", () => registry.SignalGroup(leader, PosixSignal.SIGTERM));
        }

        // Only a kernel without the flag is a reason to go by number.
        Assert.AreEqual(meaning == ErrnoMeaning.Unsupported ? $"{-leader.Id}" : "", string.Join(' ', killed));
        End(registry, leader);
    }

    private static void KillByNumber(Errno errno)
    {
        HookedKernel kernel = new() { OnSignalGroup = static (_, _) => Errno.EINVAL, OnKill = (_, _) => errno };
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        using Process leader = StartLeader();
        if (ErrnoTable.MeaningOf(ErrnoTable.Kill, errno) == ErrnoMeaning.Gone)
        {
            Assert.IsFalse(registry.SignalGroup(leader, PosixSignal.SIGTERM));
        }
        else
        {
            Win32Exception e = AssertFails(errno, ErrnoTable.Kill, () => registry.SignalGroup(leader, PosixSignal.SIGTERM));
            AssertHint(ErrnoTable.Kill, errno, e.Message);
        }

        End(registry, leader);
    }

    private static void ReadProc(Errno errno)
    {
        ErrnoMeaning meaning = ErrnoTable.MeaningOf(ErrnoTable.Proc, errno);
        HookedKernel kernel = new() { HidesParents = true, OnReadChildren = (_, _) => errno };
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        using Process process = EchoProcess.Start();
        registry.Attach(process);

        // A member of a tree that is absent has no children. Any other errno hides some.
        Errno listed = new ProcChildren(kernel) { UseChildrenFiles = true }.AddTo([], process.Id, threads: 1);
        Assert.AreEqual(meaning is ErrnoMeaning.Gone or ErrnoMeaning.Hidden ? 0 : errno, listed);

        // The pidfd says that the process is there, so no errno of /proc means that it has gone.
        kernel.OnReadStat = _ => errno;
        Exception e = Assert.Throws<Exception>(() => registry.OpenParent(process));
        Assert.AreEqual(
            meaning == ErrnoMeaning.OutOfResources ? typeof(Win32Exception) : typeof(PlatformNotSupportedException), e.GetType(), e.Message);
        StringAssert.Contains(e.Message, $"/proc: {errno}");
        AssertHint(ErrnoTable.Proc, errno, e.Message);
        kernel.OnReadStat = null;
        Assert.IsTrue(EchoProcess.Answers(process));
        End(registry, process);
    }

    private static void ProbeFileHandles(Errno errno)
    {
        PidFsAbility ability = PidFsAbility.Probe(new HookedKernel(), new HookedPidFs { OnGetHandle = () => errno });
        if (!ability.HasPidFdIds)
        {
            Assert.Inconclusive(ability.Reason);
        }

        Assert.AreEqual((PidFsMethod.PidFdId, errno), (ability.Method, ability.Error));
        bool mayPass = errno == Errno.EBADF || ErrnoTable.MeaningOf(ErrnoTable.NameToHandleAt, errno) == ErrnoMeaning.OutOfResources;
        Assert.AreEqual(!mayPass, ability.IsFinal);
        StringAssert.Contains(ability.Reason, $"name_to_handle_at: {errno}");
        AssertHint(ErrnoTable.NameToHandleAt, errno, ability.Reason);
    }

    private static void OpenByHandle(Errno errno)
    {
        HookedPidFs pidFs = HookedPidFs.For(ProcessIdentityMethod.FileHandle);
        using ProcessHandleRegistry registry = pidFs.CreateRegistry(ProcessIdentityMethod.FileHandle);
        using Process process = EchoProcess.Start();
        ProcessIdentity identity = registry.GetIdentity(process);
        pidFs.OnOpenByHandle = _ => errno;
        switch (ErrnoTable.MeaningOf(ErrnoTable.OpenByHandleAt, errno))
        {
            case ErrnoMeaning.Gone:
                Assert.IsFalse(registry.TryOpen(identity, out _));
                break;
            case ErrnoMeaning.OutOfResources:
                using (Process opened = registry.Open(identity))
                {
                    Assert.AreEqual(process.Id, opened.Id);
                }

                AssertNamed(() => registry.Open(identity with { StartTicks = null }));
                break;
            default:
                AssertNamed(() => registry.Open(identity));
                break;
        }

        Assert.IsTrue(EchoProcess.Answers(process));
        End(registry, process);

        void AssertNamed(Action call) =>
            AssertHint(ErrnoTable.OpenByHandleAt, errno, AssertFails(errno, ErrnoTable.OpenByHandleAt, call).Message);
    }

    private static Win32Exception AssertFails(Errno errno, string call, Action action)
    {
        Win32Exception e = Assert.ThrowsExactly<Win32Exception>(action);
        Assert.AreEqual((int)errno, e.NativeErrorCode);
        StringAssert.StartsWith(e.Message, call);
        return e;
    }

    private static void AssertHint(string call, Errno errno, string message) =>
        StringAssert.Contains(message, ErrnoTable.Find(call, errno)?.Hint ?? new Win32Exception((int)errno).Message);

    /// <summary>Starts a process that leads a group, so that a signal to the group hits no other.</summary>
    private static Process StartLeader()
    {
        Process leader = Process.Start(new ProcessStartInfo("setsid", [Shell.Path, "-c", "echo ready; exec sleep 1000"])
        {
            RedirectStandardOutput = true,
        })!;
        Assert.AreEqual("ready", leader.StandardOutput.ReadLine());
        return leader;
    }

    /// <summary>Kills the process through its pidfd, which no errno has taken away.</summary>
    private static void End(ProcessHandleRegistry registry, Process process)
    {
        Assert.IsFalse(registry.HasExited(process));
        Assert.AreEqual(ProcessRoute.PidFd, registry.Attach(process).Route);
        registry.Kill(process);
        process.WaitForExit();
    }
}
