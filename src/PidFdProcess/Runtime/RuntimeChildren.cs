using System.Collections;
using System.Reflection;

namespace PidFdProcess.Runtime;

// Constraints: the kernel says which processes are children of this one, but the runtime reaps only those that it has started. It never reaps what
// native code forked, nor an orphan that was adopted (PR_SET_CHILD_SUBREAPER). A wait for the reap of such a process would wait in vain, and
// no public member of a fetched Process object tells it from a child.
//
// Scheme: the runtime's own table of its children, asked only for a fetched object whose process the kernel calls our child, after its exit.
// https://github.com/dotnet/runtime/blob/main/src/libraries/System.Diagnostics.Process/src/System/Diagnostics/ProcessWaitState.Unix.cs
internal static class RuntimeChildren
{
    /// <summary>Whether the runtime has started the process with this PID and will reap it. A runtime without the table says yes.</summary>
    public static bool Knows(int processId)
    {
        if (Table.Value is not { } children)
        {
            return true;
        }

        lock (children)
        {
            return children.Contains(processId);
        }
    }

    private static class Table
    {
        public static IDictionary? Value { get; } = Type.GetType("System.Diagnostics.ProcessWaitState, System.Diagnostics.Process")
            ?.GetField("s_childProcessWaitStates", BindingFlags.Static | BindingFlags.NonPublic)?.GetValue(null) as IDictionary;
    }
}
