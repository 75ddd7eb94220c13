namespace PidFdProcess.Handles;

/// <summary>
/// The opt-in of programs that know that their continuations are short. Their asynchronous waits complete on the thread of the event loop, without
/// the hop to the thread pool.
/// </summary>
internal static class InlineCompletions
{
    public const string Switch = "PidFdProcess.InlineCompletions";
    public const string Variable = "PIDFDPROCESS_INLINE_COMPLETIONS";

    /// <summary>Whether the program has set the switch, or its operator the environment variable.</summary>
    public static bool AreRequested() =>
        Environment.GetEnvironmentVariable(Variable) is "1" or "true" or "True" or "TRUE"
        || (AppContext.TryGetSwitch(Switch, out bool requested) && requested);
}
