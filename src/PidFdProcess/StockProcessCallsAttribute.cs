using System.Diagnostics;

namespace PidFdProcess;

/// <summary>
/// Leaves the calls of <see cref="Process"/> in an assembly, a type or a member as they are. The property <c>PidFdProcessDropIn</c> does not reroute
/// them, and the analyzers do not suggest changing them.
/// </summary>
/// <remarks>On a type, the attribute also covers the types and members inside. It does not cover derived types.</remarks>
[AttributeUsage(
    AttributeTargets.Assembly | AttributeTargets.Class | AttributeTargets.Struct | AttributeTargets.Interface | AttributeTargets.Constructor
        | AttributeTargets.Method | AttributeTargets.Property | AttributeTargets.Event | AttributeTargets.Field,
    Inherited = false)]
public sealed class StockProcessCallsAttribute : Attribute
{
    /// <summary>Initializes the attribute.</summary>
    public StockProcessCallsAttribute()
    {
    }
}
