namespace PidFdProcess.Handles;

/// <summary>The exception of a registry that was disposed. The registry is of a higher layer, so its name stands here as text.</summary>
internal static class DisposedRegistry
{
    private const string Name = "PidFdProcess.ProcessHandleRegistry";

    public static ObjectDisposedException Exception() => new(Name);

    /// <summary>The exception for a wait that the disposal has ended.</summary>
    public static ObjectDisposedException DuringWait(int processId) =>
        new(Name, $"The registry was disposed during a wait for process {processId}.");

    /// <summary>Recognizes that a wait has failed because the registry was disposed.</summary>
    public static bool IsCauseOf(Exception e) => e is ObjectDisposedException { ObjectName: Name };
}
