using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace PidFdProcess.Runtime;

// Overview
//
// Answers whether the runtime has noted the exit of a process, without an event and without the object's lock.
//
// Constraints: HasExited and WaitForExit raise Exited if events are on. For an object that was fetched by PID, the only other public sign of the exit
// is the Exited event itself. It may come late, because another thread holds the lock of the object or because all pool threads are blocked. Another
// process may have the PID by then.
//
// Scheme: Read the state that all Process objects of one child share. The runtime writes it when it reaps the child. For a non-child the runtime
// writes it when a poll finds no process. On a runtime that lacks a field, the answer is that no exit is noted.
// https://github.com/dotnet/runtime/blob/main/src/libraries/System.Diagnostics.Process/src/System/Diagnostics/ProcessWaitState.Unix.cs

/// <summary>What the runtime knows of an exit.</summary>
internal static class RuntimeExit
{
    private const string Assembly = "System.Diagnostics.Process";
    private const string State = "System.Diagnostics.ProcessWaitState";
    private const string Holder = "Holder";

    /// <summary>Returns whether the runtime has noted the exit.</summary>
    public static bool IsNoted(Process process) =>
        Fields.Exited is { } exited
        && Fields.HolderOf!.GetValue(process) is { } holder
        && Fields.StateOf!.GetValue(holder) is { } state
        && exited.GetValue(state) is true;

    /// <summary>
    /// Returns whether the object has a state of its process, from which the stock members answer. The object of a non-child gets one when it is
    /// first asked for the exit. On a runtime without the field the answer is <see langword="true"/>.
    /// </summary>
    public static bool HasState(Process process) => Fields.HolderOf is not { } holder || holder.GetValue(process) is not null;

    /// <summary>Reads the exit code and the time of the exit, and raises nothing. The getters raise Exited even if events are off.</summary>
    /// <exception cref="InvalidOperationException">The runtime does not know the exit code.</exception>
    public static (int Code, DateTime Time) Read(Process process)
    {
        // If another thread holds the lock to raise Exited, it has marked it as raised, so the getters raise nothing.
        if (!Monitor.TryEnter(process))
        {
            return (StockCalls.ExitCode(process), process.ExitTime);
        }

        bool hasRaised = ProcessFields.HasRaisedExited(process);
        try
        {
            if (!hasRaised)
            {
                ProcessFields.MarkExitedAsRaised(process, true);
            }

            return (StockCalls.ExitCode(process), process.ExitTime);
        }
        finally
        {
            if (!hasRaised)
            {
                ProcessFields.MarkExitedAsRaised(process, false);
            }

            Monitor.Exit(process);
        }
    }

    private static class Fields
    {
        public static FieldInfo? HolderOf { get; } = typeof(Process).GetField("_waitStateHolder", BindingFlags.Instance | BindingFlags.NonPublic);

        public static FieldInfo? StateOf { get; } = Find(Type.GetType($"{State}+{Holder}, {Assembly}"), "_state");

        public static FieldInfo? Exited { get; } =
            HolderOf is not null && StateOf is not null ? Find(Type.GetType($"{State}, {Assembly}"), "_exited") : null;

        [DynamicDependency("_waitStateHolder", typeof(Process))]
        [DynamicDependency("_state", $"{State}.{Holder}", Assembly)]
        [DynamicDependency("_exited", State, Assembly)]
        [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "The dependencies above keep the fields.")]
        private static FieldInfo? Find(Type? type, string name) =>
            type?.GetField(name, BindingFlags.Instance | BindingFlags.NonPublic);
    }
}
