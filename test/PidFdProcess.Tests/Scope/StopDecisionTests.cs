using PidFdProcess.Scopes;

namespace PidFdProcess.Tests.Scope;

/// <summary>A stop is either cancelled or completes, whatever comes first.</summary>
[TestClass]
public sealed class StopDecisionTests
{
    [TestMethod]
    public void AStopThatWasCancelled_DoesNotComplete()
    {
        using CancellationTokenSource source = new();
        StopDecision decision = new(source);
        Assert.IsTrue(decision.TryCancel());
        Assert.IsTrue(decision.Token.IsCancellationRequested);
        Assert.ThrowsExactly<OperationCanceledException>(decision.Complete);
    }

    [TestMethod]
    public void AStopThatCompletes_CannotBeCancelled()
    {
        using CancellationTokenSource source = new();
        StopDecision decision = new(source);
        decision.Complete();
        Assert.IsFalse(decision.TryCancel());
        Assert.IsFalse(decision.Token.IsCancellationRequested);
    }
}
