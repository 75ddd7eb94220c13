using System.Diagnostics;

namespace PidFdProcess.Linux;

/// <summary>
/// Opens the members of a tree before any of them is signalled, because the descendants of a member that exits at once could not be found any more. A
/// process that ends during a list may hide others from it, so more lists follow then.
/// </summary>
internal static class FirstList
{
    // If a tree starts and ends processes all the time, no list of it is complete.
    private const int MaxLists = 50;

    // A process that is just being reaped is still listed and cannot be opened. Its reap takes a moment.
    private const int MillisecondsBetween = 1;

    /// <summary>Lists once, or until a list is complete, the deadline is over or no more lists are tried.</summary>
    /// <param name="members">The members, of which the roots are known.</param>
    /// <param name="isComplete">Whether the list has to be complete, because a signal follows that lets members exit.</param>
    /// <param name="deadline">The deadline, as <see cref="Stopwatch.GetTimestamp"/>.</param>
    /// <param name="cancellationToken">Ends the lists.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static void AddTo(TreeMembers members, bool isComplete, long deadline, CancellationToken cancellationToken)
    {
        members.AddChildrenOfAll(static _ => { }, deadline);
        for (int lists = 1; isComplete && members.MayHaveMissed && lists < MaxLists && Stopwatch.GetTimestamp() <= deadline; lists++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            TreePace.Sleep(MillisecondsBetween);
            members.AddChildrenOfAll(static _ => { }, deadline);
        }
    }
}
