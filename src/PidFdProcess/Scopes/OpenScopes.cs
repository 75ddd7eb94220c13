namespace PidFdProcess.Scopes;

// Overview
//
// Kills the processes of all open scopes when the program ends.
//
// Constraints: A handler of an event of the program keeps the assembly of the library loaded. A collectible context could not be unloaded as long as
// there is one. A process may be starting when the program ends, and no scope owns it yet.
//
// Scheme: The events are handled only while a scope has processes or starts one. At the end, all scopes are closed. Starts under way get a short time
// to finish. A start that finds its scope closed kills its process.

/// <summary>The scopes that have processes or start one. When the program ends, all processes in them are killed.</summary>
/// <remarks>A scope without processes is not in the list, so that it can be collected even if it is never disposed.</remarks>
internal static class OpenScopes
{
    private const int StartMilliseconds = 2_000;

    private static readonly HashSet<ScopeMembers> s_scopes = [];

    public static void Add(ScopeMembers scope)
    {
        lock (s_scopes)
        {
            if (s_scopes.Add(scope) && s_scopes.Count == 1)
            {
                AppDomain.CurrentDomain.ProcessExit += OnProcessExit;
                AppDomain.CurrentDomain.UnhandledException += OnUnhandledException;
                DefaultSigTerm.Handle();
            }
        }
    }

    public static void Remove(ScopeMembers scope)
    {
        lock (s_scopes)
        {
            if (s_scopes.Remove(scope) && s_scopes.Count == 0)
            {
                AppDomain.CurrentDomain.ProcessExit -= OnProcessExit;
                AppDomain.CurrentDomain.UnhandledException -= OnUnhandledException;
                DefaultSigTerm.Release();
            }
        }
    }

    public static void KillAll()
    {
        ScopeMembers[] scopes;
        lock (s_scopes)
        {
            scopes = [.. s_scopes];
        }

        Array.ForEach(scopes, static scope => scope.Close());
        long deadline = Environment.TickCount64 + StartMilliseconds;
        Array.ForEach(scopes, scope => scope.WaitForStarts(deadline));
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

    private static void OnProcessExit(object? sender, EventArgs e) => KillAll();

    private static void OnUnhandledException(object sender, UnhandledExceptionEventArgs e)
    {
        if (e.IsTerminating)
        {
            KillAll();
        }
    }
}
