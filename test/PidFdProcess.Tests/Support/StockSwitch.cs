using PidFdProcess.Handles;

namespace PidFdProcess.Tests.Support;

/// <summary>Makes registries, including one on which an operator has switched the pidfds off.</summary>
internal static class StockSwitch
{
    /// <summary>Makes one for tests that run on either route.</summary>
    public static ProcessHandleRegistry CreateRegistry(bool stock)
    {
        ProcessHandleRegistry registry = stock ? CreateRegistry() : new ProcessHandleRegistry();
        Assert.AreEqual(!stock, registry.Support.IsSupported, registry.Support.Reason);
        return registry;
    }

    /// <summary>Makes one on a platform of the test's own.</summary>
    public static ProcessHandleRegistry CreateRegistryOn(PidFdPlatform platform, bool stock) => Create(stock, () => TestRegistry.On(platform));

    public static ProcessHandleRegistry CreateRegistry() => Create(stock: true, static () => new ProcessHandleRegistry());

    private static ProcessHandleRegistry Create(bool stock, Func<ProcessHandleRegistry> create)
    {
        AppContext.SetSwitch(PidFdSupport.DisabledSwitch, stock);
        try
        {
            return create();
        }
        finally
        {
            AppContext.SetSwitch(PidFdSupport.DisabledSwitch, false);
        }
    }
}
