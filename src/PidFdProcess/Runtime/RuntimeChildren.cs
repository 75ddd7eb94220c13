using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace PidFdProcess.Runtime;

// Overview
//
// Tells whether the runtime reaps a process.
//
// Constraints: The kernel says which processes are children of this one, but the runtime reaps only the children that it has started. It reaps
// neither a child that native code forked nor an orphan that this process adopted (PR_SET_CHILD_SUBREAPER), so a wait for their reap would not end.
// No public member of a fetched Process object tells whether the runtime has started the process.
//
// Scheme: Ask the runtime's own table of its children. That is done after the exit, and only for a fetched object whose process the kernel calls a
// child of this one.
// https://github.com/dotnet/runtime/blob/main/src/libraries/System.Diagnostics.Process/src/System/Diagnostics/ProcessWaitState.Unix.cs

/// <summary>The runtime's own table of its children.</summary>
internal static class RuntimeChildren
{
    /// <summary>
    /// Whether the runtime has started the process with this PID and will reap it. On a runtime without the table the answer is
    /// <see langword="true"/>.
    /// </summary>
    public static bool Knows(int processId) => RuntimeFeature.IsDynamicCodeSupported ? IsInTable(processId) : WaitStateMethods.IsChild(processId);

    /// <summary>Looks in the table by reflection.</summary>
    public static bool IsInTable(int processId)
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
