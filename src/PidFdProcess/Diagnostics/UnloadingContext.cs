using System.Runtime.Loader;

namespace PidFdProcess.Diagnostics;

/// <summary>
/// Lets a collectible <see cref="AssemblyLoadContext"/> that holds this library be unloaded: what the runtime keeps in lists of its own, a meter
/// or an event source, is disposed when the unloading begins.
/// </summary>
internal static class UnloadingContext
{
    public static void Dispose(IDisposable resource)
    {
        if (typeof(UnloadingContext).Assembly.IsCollectible && AssemblyLoadContext.GetLoadContext(typeof(UnloadingContext).Assembly) is { } context)
        {
            context.Unloading += _ => resource.Dispose();
        }
    }
}
