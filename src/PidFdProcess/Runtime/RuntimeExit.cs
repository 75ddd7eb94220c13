using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace PidFdProcess.Runtime;

// Overview
//
// Answers whether the runtime has noted the exit of a process, and how the process ended, without an event and without the object's lock.
//
// Constraints: WaitForExit raises Exited if events are on. HasExited, ExitCode and ExitTime raise it even if events are off. The object then
// remembers the exit and raises nothing later. So a look that suppresses Exited would take it from the call that has to raise it. For an object
// that was fetched by PID, the only other public sign of the exit is the Exited event itself. It may come late, because another thread holds the lock
// of the object or because all pool threads are blocked. Until then another process may get the PID.
//
// Scheme: Read the state that all Process objects of one child share, under the lock of the state. The runtime writes it when it reaps the child. It
// holds that lock from the reap on, so the state is complete if the kernel has reported the reap before. For a non-child the runtime writes the state
// when a poll finds no process. On a runtime that lacks a field, the answer is that no exit is noted, and the getters tell how the process ended.
// https://github.com/dotnet/runtime/blob/main/src/libraries/System.Diagnostics.Process/src/System/Diagnostics/ProcessWaitState.Unix.cs

/// <summary>What the runtime knows of an exit.</summary>
internal static class RuntimeExit
{
    private const string Assembly = "System.Diagnostics.Process";
    private const string State = "System.Diagnostics.ProcessWaitState";
    private const string Holder = "Holder";

    /// <summary>Gets whether this runtime has the fields that <see cref="IsNoted"/> reads.</summary>
    public static bool CanLook => Fields.Exited is not null;

    private static bool CanRead =>
        CanLook && Fields.Time is not null && (Fields.Code?.FieldType == typeof(int?) || Fields.CodeOfStatus is not null);

    /// <summary>Returns whether the runtime has noted the exit.</summary>
    public static bool IsNoted(Process process)
    {
        if (!CanLook || StateOf(process) is not { } state)
        {
            return false;
        }

        lock (Fields.Gate!.GetValue(state)!)
        {
            return Fields.Exited!.GetValue(state) is true;
        }
    }

    /// <summary>
    /// Returns whether the object has a state of its process, from which the stock members answer. The object of a non-child gets one when it is
    /// first asked for the exit. On a runtime without the field the answer is <see langword="true"/>.
    /// </summary>
    public static bool HasState(Process process) => Fields.HolderOf is not { } holder || holder.GetValue(process) is not null;

    /// <summary>
    /// Reads the exit code and the time of the exit, and raises nothing. Returns <see langword="null"/> if the runtime does not know them, or if the
    /// object has another run.
    /// </summary>
    /// <exception cref="InvalidOperationException">This runtime lacks a field, and the object does not know the exit code.</exception>
    public static (int Code, DateTime Time)? Read(Process process, in RunIdentity run)
    {
        if (!CanRead)
        {
            // The getters raise Exited, as they do without this library.
            (int Code, DateTime Time) known = (StockCalls.ExitCode(process), process.ExitTime);
            return run.IsCurrentIn(process) ? known : null;
        }

        // A restart drops the handle of the run before it makes a new state. So if the object still has the run, the state is of that run.
        object? state = StateOf(process);
        if (state is null || !run.IsCurrentIn(process))
        {
            return null;
        }

        lock (Fields.Gate!.GetValue(state)!)
        {
            return Fields.Exited!.GetValue(state) is true && CodeOf(Fields.Code!.GetValue(state)) is { } code
                ? (code, (DateTime)Fields.Time!.GetValue(state)!)
                : null;
        }
    }

    /// <summary>
    /// Reads when the runtime reaped a child, and raises nothing. Returns <see langword="null"/> if that is not known, or if the object has another
    /// run.
    /// </summary>
    public static DateTime? ReadTime(Process process, in RunIdentity run) => CanRead ? Read(process, run)?.Time : null;

    private static object? StateOf(Process process) =>
        Fields.HolderOf!.GetValue(process) is { } holder ? Fields.StateOf!.GetValue(holder) : null;

    /// <summary>Before .NET 11 the state has the code itself, and since then an object with the code.</summary>
    private static int? CodeOf(object? status) => status as int? ?? (status is null ? null : Fields.CodeOfStatus?.GetValue(status) as int?);

    private static class Fields
    {
        public static FieldInfo? HolderOf { get; } = typeof(Process).GetField("_waitStateHolder", BindingFlags.Instance | BindingFlags.NonPublic);

        // The types of the fields lead from one to the next. A look-up by name would parse the name, which a program pays at its first call.
        public static FieldInfo? StateOf { get; } = Find(HolderOf?.FieldType, "_state");

        public static FieldInfo? Gate { get; } = OfState("_gate");

        public static FieldInfo? Exited { get; } = Gate is not null ? OfState("_exited") : null;

        public static FieldInfo? Time { get; } = OfState("_exitTime");

        public static FieldInfo? Code { get; } = OfState("_exitCode") ?? OfState("_exitStatus");

        /// <summary>Gets the code of the status that .NET 11 has in the state.</summary>
        public static FieldInfo? CodeOfStatus { get; } = Find(Code?.FieldType, "<ExitCode>k__BackingField");

        private static FieldInfo? OfState(string name) => Find(StateOf?.FieldType, name);

        [DynamicDependency("_waitStateHolder", typeof(Process))]
        [DynamicDependency("_state", $"{State}.{Holder}", Assembly)]
        [DynamicDependency("_gate", State, Assembly)]
        [DynamicDependency("_exited", State, Assembly)]
        [DynamicDependency("_exitTime", State, Assembly)]
        [DynamicDependency("_exitCode", State, Assembly)]
        [DynamicDependency("_exitStatus", State, Assembly)]
        [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "The dependencies above keep the fields.")]
        [UnconditionalSuppressMessage("Trimming", "IL2037", Justification = "Each runtime has one of the last two fields.")]
        private static FieldInfo? Find(Type? type, string name) =>
            type?.GetField(name, BindingFlags.Instance | BindingFlags.NonPublic);
    }
}
