using System.Diagnostics;
using PidFdProcess.Diagnostics;
using PidFdProcess.Linux;
using PidFdProcess.Runtime;
using PidFdProcess.Scopes;

namespace PidFdProcess.Tests.Diagnostics;

/// <summary>Which exceptions mean that the runtime is short of something, so that a call goes on without what it has tried.</summary>
[TestClass]
public sealed class ShortageKindTests
{
    [TestMethod]
    public void AFailureToLoad_IsOfAFile_OfATypeOrOfMemory()
    {
        Assert.IsTrue(Telemetry.IsLoadFailure(new FileNotFoundException()));
        Assert.IsTrue(Telemetry.IsLoadFailure(new TypeInitializationException("T", null)));
        Assert.IsTrue(Telemetry.IsLoadFailure(new InsufficientMemoryException()));
        Assert.IsFalse(Telemetry.IsLoadFailure(new InvalidOperationException()));
    }

    [TestMethod]
    public void AThreadShortage_IsAnExceptionOfMemoryOrOfTheStart_AndNoOther()
    {
        Assert.IsTrue(ThreadShortage.IsCauseOf(new InsufficientMemoryException()));
        Assert.IsFalse(ThreadShortage.IsCauseOf(new InvalidOperationException()));
    }

    [TestMethod]
    public void TheReasonsOfAnIncompleteStop_AreJoined_AndEachIsGivenOnce()
    {
        ForestResult result = ForestResult.Empty.With((string?)null);
        Assert.IsNull(result.IncompleteReason);
        Assert.AreEqual("one two", result.With("one").With("two").With("one").IncompleteReason);
    }

    [TestMethod]
    public void APropertyThatThisRuntimeLacks_IsOff()
    {
        Assert.IsFalse(StartInfoCopy.IsOn(new ProcessStartInfo(), "NoSuchProperty"));
        Assert.IsTrue(StartInfoCopy.IsOn(new ProcessStartInfo { RedirectStandardError = true }, nameof(ProcessStartInfo.RedirectStandardError)));
    }
}
