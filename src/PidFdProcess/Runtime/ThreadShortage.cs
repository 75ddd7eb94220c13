namespace PidFdProcess.Runtime;

/// <summary>Recognizes that the runtime cannot start a thread, because processes, memory or descriptors are short.</summary>
internal static class ThreadShortage
{
    public static bool IsCauseOf(Exception e) => e is OutOfMemoryException or ThreadStartException;
}
