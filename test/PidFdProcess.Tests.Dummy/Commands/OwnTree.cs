using PidFdProcess.Shared;

namespace PidFdProcess.Tests.Dummy.Commands;

/// <summary>The tree of a process by PIDs, for a command that started it and is the only one to end it.</summary>
internal static class OwnTree
{
    /// <summary>Lists the process and its descendants.</summary>
    public static List<int> Of(int processId)
    {
        List<int> all = [processId];
        for (int i = 0; i < all.Count; i++)
        {
            all.AddRange(ProcessTable.Ids().Where(id => ProcessTable.ParentOf(id) == all[i]));
        }

        return all;
    }

    public static bool IsAlive(int processId) => ProcessTable.StateOf(processId) is not (null or 'Z' or 'X');
}
