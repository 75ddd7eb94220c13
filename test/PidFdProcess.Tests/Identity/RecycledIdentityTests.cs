using System.Diagnostics;
using System.Globalization;
using PidFdProcess.Linux;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Identity;

[TestClass]
public sealed class RecycledIdentityTests
{
    private const string RoundsVariable = "PIDFDPROCESS_TEST_RECYCLES";
    private const int UsualRounds = 200;

    // Longer than usual, for the rounds that the variable asks for.
    [TestMethod]
    [Timeout(1_800_000)]
    [DataRow(ProcessIdentityMethod.StartTicks)]
    [DataRow(ProcessIdentityMethod.PidFdId)]
    [DataRow(ProcessIdentityMethod.FileHandle)]
    public void TheIdentityOfADeadProcess_NeverOpensTheNewOwnerOfThePid(ProcessIdentityMethod method)
    {
        RecycledPid.Require();
        using ProcessHandleRegistry registry = HookedPidFs.CreateRegistry(method);
        int rounds = Environment.GetEnvironmentVariable(RoundsVariable) is { } asked ? int.Parse(asked, CultureInfo.InvariantCulture) : UsualRounds;
        int lost = 0;
        List<ProcessIdentity> dead = [];
        for (int done = 0; done < rounds;)
        {
            using Process first = TestProcesses.StartSleeper();
            ProcessIdentity identity = registry.GetIdentity(first);
            dead.Add(identity);
            End(registry, first);
            if (method == ProcessIdentityMethod.StartTicks)
            {
                // They cannot tell apart what started within one tick.
                WaitForNextTick(identity);
            }

            using Process? second = PidRecycler.TryStart(identity.ProcessId, TestProcesses.StartSleeper, tries: 20);
            if (second is null)
            {
                if (++lost == rounds + 1000)
                {
                    Assert.Inconclusive($"Another process was faster to get the PID {lost} times. {rounds - done} rounds are left.");
                }

                continue;
            }

            Assert.IsFalse(registry.TryOpen(identity, out _), $"{identity} in round {done}");
            ProcessIdentity other = registry.GetIdentity(second);
            Assert.AreNotEqual(identity, other);
            using Process same = registry.Open(other);
            Assert.AreEqual(second.Id, same.Id);
            registry.Detach(same);
            End(registry, second);
            done++;
        }

        Assert.IsFalse(dead.Exists(identity => registry.TryOpen(identity, out _)));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void ASignal_ToAProcessThatWasOpenedWithoutPidFds_SparesTheNewOwnerOfThePid(bool entireProcessTree)
    {
        RecycledPid.Require();
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistry();
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        using Process fetched = Process.GetProcessById(nonChild.Id);
        ProcessIdentity identity = registry.GetIdentity(fetched);
        using Process opened = registry.Open(identity);
        nonChild.KillAndWaitUntilReaped();
        WaitForNextTick(identity);
        using Process second = RecycledPid.Start(identity.ProcessId);
        registry.Kill(opened, entireProcessTree);
        Assert.IsFalse(second.WaitForExit(100));
        registry.Kill(second);
        registry.WaitForExit(second, -1);
    }

    private static void WaitForNextTick(ProcessIdentity identity) => TestProcesses.WaitUntil(
        () => LinuxPidFs.Instance.GetTimeSinceBoot(out TimeSpan now) == 0 && now > TimeSpan.FromMilliseconds((identity.StartTicks!.Value + 1) * 10),
        "the next tick");

    private static void End(ProcessHandleRegistry registry, Process process)
    {
        registry.Detach(process);
        process.Kill();
        process.WaitForExit();
    }
}
