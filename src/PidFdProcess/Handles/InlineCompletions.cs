namespace PidFdProcess.Handles;

/// <summary>
/// The opt-in of programs that know their continuations to be short: asynchronous waits then complete on the exit watcher's thread,
/// without the hop to the thread pool.
/// </summary>
internal static class InlineCompletions
{
    public const string Switch = "PidFdProcess.InlineCompletions";
    public const string Variable = "PIDFDPROCESS_INLINE_COMPLETIONS";

    /// <summary>
    /// For how many milliseconds the watcher may wait for the runtime to reap a child, which takes it a fraction of one. A child that native
    /// code forked is reaped when that likes to; other exits must not wait for it.
    /// </summary>
    public const int SettleLimit = 20;

    /// <summary>What the program or its operator said.</summary>
    public static bool AreRequested() =>
        Environment.GetEnvironmentVariable(Variable) is "1" or "true" or "True" or "TRUE"
        || (AppContext.TryGetSwitch(Switch, out bool requested) && requested);
}
