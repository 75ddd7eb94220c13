using System.Runtime.CompilerServices;
using System.Runtime.Loader;

namespace PidFdProcess.Diagnostics;

/// <summary>
/// Lets a collectible <see cref="AssemblyLoadContext"/> that holds this library be unloaded. An object outside of the context that refers to one
/// inside keeps the context. So these references are released when the unloading begins.
/// </summary>
internal static class UnloadingContext
{
    /// <summary>Gets whether this library is in a collectible context. A program that was compiled ahead of time has none.</summary>
    public static bool IsCollectible => RuntimeFeature.IsDynamicCodeSupported && typeof(UnloadingContext).Assembly.IsCollectible;

    /// <summary>Runs the action when the unloading begins.</summary>
    public static void WhenUnloading(Action release)
    {
        if (IsCollectible)
        {
            Register(release);
        }
    }

    // The runtime loads the assembly of contexts when it compiles this method. Few programs need it, and without a free descriptor the load fails.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Register(Action release)
    {
        if (AssemblyLoadContext.GetLoadContext(typeof(UnloadingContext).Assembly) is { } context)
        {
            context.Unloading += _ => release();
        }
    }
}
