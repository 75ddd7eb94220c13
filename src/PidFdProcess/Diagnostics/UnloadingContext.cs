using System.Runtime.CompilerServices;
using System.Runtime.Loader;

namespace PidFdProcess.Diagnostics;

/// <summary>
/// Lets a collectible <see cref="AssemblyLoadContext"/> that holds this library be unloaded. The runtime keeps meters and event sources in lists of
/// its own, so they are disposed when the unloading begins.
/// </summary>
internal static class UnloadingContext
{
    /// <summary>Gets whether this library is in a collectible context. A program that was compiled ahead of time has none.</summary>
    public static bool IsCollectible => RuntimeFeature.IsDynamicCodeSupported && typeof(UnloadingContext).Assembly.IsCollectible;

    public static void Dispose(IDisposable resource)
    {
        if (IsCollectible)
        {
            DisposeOnUnload(resource);
        }
    }

    // The runtime loads the assembly of contexts when it compiles this method. Few programs need it, and without a free descriptor the load fails.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void DisposeOnUnload(IDisposable resource)
    {
        if (AssemblyLoadContext.GetLoadContext(typeof(UnloadingContext).Assembly) is { } context)
        {
            context.Unloading += _ => resource.Dispose();
        }
    }
}
