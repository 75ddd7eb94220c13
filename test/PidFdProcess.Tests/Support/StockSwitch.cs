namespace PidFdProcess.Tests.Support;

/// <summary>Makes registries that an operator has sent to the stock runtime.</summary>
internal static class StockSwitch
{
    public static ProcessHandleRegistry CreateRegistry()
    {
        AppContext.SetSwitch(PidFdSupport.DisabledSwitch, true);
        try
        {
            return new ProcessHandleRegistry();
        }
        finally
        {
            AppContext.SetSwitch(PidFdSupport.DisabledSwitch, false);
        }
    }
}
