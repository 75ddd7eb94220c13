namespace PidFdProcess.Scopes;

/// <summary>The scopes that have processes. When the program ends, all processes in them are killed.</summary>
/// <remarks>A scope without processes is not in the list, so that it can be collected even if it is never disposed.</remarks>
internal static class OpenScopes
{
    private static readonly HashSet<ScopeMembers> s_scopes = [];
    private static bool s_isHooked;

    public static void Add(ScopeMembers scope)
    {
        lock (s_scopes)
        {
            s_scopes.Add(scope);
            if (!s_isHooked)
            {
                AppDomain.CurrentDomain.ProcessExit += static (_, _) => KillAll();
                s_isHooked = true;
            }
        }
    }

    public static void Remove(ScopeMembers scope)
    {
        lock (s_scopes)
        {
            s_scopes.Remove(scope);
        }
    }

    private static void KillAll()
    {
        ScopeMembers[] scopes;
        lock (s_scopes)
        {
            scopes = [.. s_scopes];
        }

        foreach (ScopeMembers scope in scopes)
        {
            try
            {
                ScopeStop.Kill(scope);
            }
            catch (Exception e) when (e is SystemException or AggregateException)
            {
                // The program is ending, so the exception has no reader. The other scopes still have to be killed.
            }
        }
    }
}
