using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace PidFdProcess.Runtime;

/// <summary>
/// Reads the runtime's state of a process, which its Process objects share. Reads it by reflection, because the type is not public and its fields
/// differ among runtimes.
/// </summary>
internal static class WaitStateFields
{
    private const string Assembly = "System.Diagnostics.Process";
    private const string State = "System.Diagnostics.ProcessWaitState";
    private const string Holder = "Holder";

    private static bool CanRead => Fields.Exited is not null && Fields.Time is not null
        && (Fields.Code?.FieldType == typeof(int?) || Fields.CodeOfStatus is not null);

    /// <summary>Returns whether the object has a state. On a runtime without the field the answer is <see langword="true"/>.</summary>
    public static bool HasState(Process process) => Fields.HolderOf is not { } holder || holder.GetValue(process) is not null;

    /// <summary>Reads the exit code and the time of the exit if the runtime has noted them.</summary>
    /// <returns><see langword="false"/> if this runtime lacks a field.</returns>
    public static bool TryRead(Process process, out (int Code, DateTime Time)? known)
    {
        known = null;
        if (!CanRead)
        {
            return false;
        }

        if (Fields.HolderOf!.GetValue(process) is { } holder && Fields.StateOf!.GetValue(holder) is { } state)
        {
            lock (Fields.Gate!.GetValue(state)!)
            {
                known = Fields.Exited!.GetValue(state) is true && CodeOf(Fields.Code!.GetValue(state)) is { } code
                    ? (code, (DateTime)Fields.Time!.GetValue(state)!)
                    : null;
            }
        }

        return true;
    }

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
