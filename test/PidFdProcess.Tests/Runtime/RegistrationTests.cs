using System.Diagnostics;
using System.Runtime.CompilerServices;
using PidFdProcess.Runtime;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Runtime;

/// <summary>
/// A wait that ends before the exit registers another that raises Exited. During the call another thread may close or restart the object. The
/// registration would then raise Exited of the next run at the exit of the former one.
/// </summary>
[TestClass]
public sealed class RegistrationTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [TestMethod]
    public void AClosedObject_GetsNoRegistration()
    {
        using Process process = TestProcesses.StartSleeper();
        int id = process.Id;
        RunIdentity run = RunIdentity.Of(process);
        process.Close();
        ProcessFields.TryMarkEventsAsOn(process);
        Register(process, run);
        Assert.IsFalse(IsWatching(process));
        Native.KillByPid(id);
    }

    /// <summary>The start has found a registration of the former run, and made none.</summary>
    [TestMethod]
    public void ARestartedObject_WhoseRegistrationIsOfTheFormerRun_GetsOneOfItsRun()
    {
        using Process process = TestProcesses.StartSleeper();
        int former = process.Id;
        int raised = 0;
        using ManualResetEventSlim isRaised = new();
        RunIdentity run = RunIdentity.Of(process);
        process.Start();
        process.Exited += (_, _) =>
        {
            Interlocked.Increment(ref raised);
            isRaised.Set();
        };
        ProcessFields.TryMarkEventsAsOn(process);
        IsWatching(process) = true;
        Register(process, run);
        Assert.IsTrue(IsWatching(process));
        Native.KillByPid(former);
        TestProcesses.WaitUntil(() => ProcessTable.StateOf(former) is null, "the runtime has reaped the former run");
        Assert.IsFalse(isRaised.IsSet);
        Native.KillByPid(process.Id);
        Assert.IsTrue(isRaised.Wait(s_limit));
        Assert.AreEqual(1, raised);
    }

    [TestMethod]
    public void AnObjectWhoseEventsAreOff_GetsNoRegistration()
    {
        using Process process = TestProcesses.StartSleeper();
        Register(process, RunIdentity.Of(process));
        Assert.IsFalse(IsWatching(process));
        process.Kill();
    }

    /// <summary>The setter ends a registration that it finds. It finds none if the registration is made at the same time.</summary>
    [TestMethod]
    public void ARegistration_ThatTheSetterDidNotFind_RaisesNothing()
    {
        using Process process = TestProcesses.StartSleeper();
        int raised = 0;
        process.Exited += (_, _) => Interlocked.Increment(ref raised);
        ProcessFields.TryMarkEventsAsOn(process);
        Register(process, RunIdentity.Of(process));
        IsWatching(process) = false;
        process.EnableRaisingEvents = false;
        IsWatching(process) = true;
        process.Kill();
        TestProcesses.WaitUntil(() => !Volatile.Read(ref IsWatching(process)), "the registration has ended");
        Assert.AreEqual(0, Volatile.Read(ref raised));
    }

    private static void Register(Process process, in RunIdentity run)
    {
        lock (process)
        {
            EventSetting.RegisterIfOn(process, run);
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_watchingForExit")]
    private static extern ref bool IsWatching(Process process);
}
