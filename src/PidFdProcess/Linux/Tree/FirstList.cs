using System.Diagnostics;

namespace PidFdProcess.Linux;

/// <summary>
/// Opens all members of a tree before any of them is signalled, because the descendants of a member that exits at once could not be found any more. A
/// process that ends during a list may hide others from it, so more lists follow then.
/// </summary>
internal static class FirstList
{
    // If a tree starts and ends processes all the time, no list of it is complete.
    private const int MaxLists = 50;

    // A process that ends is on the lists until it is reaped.
    private const int MillisecondsBetween = 1;

    /// <summary>Lists until a list is complete or the deadline is over.</summary>
    /// <param name="members">The members, of which the roots are known.</param>
    /// <param name="deadline">The deadline, as <see cref="Stopwatch.GetTimestamp"/>.</param>
    public static void AddTo(TreeMembers members, long deadline)
    {
        members.AddChildrenOfAll(static _ => { }, deadline);
        for (int lists = 1; members.MayHaveMissed && lists < MaxLists && Stopwatch.GetTimestamp() <= deadline; lists++)
        {
            TreePace.Sleep(MillisecondsBetween);
            members.AddChildrenOfAll(static _ => { }, deadline);
        }
    }
}
