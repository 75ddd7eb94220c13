namespace PidFdProcess.Handles;

/// <summary>The table of a registry, as the waits for its processes see it.</summary>
internal interface IWaitOwner
{
    /// <summary>Gets the kernel and the event loop. All tables share one, except those of tests.</summary>
    PidFdPlatform Platform { get; }

    /// <summary>Gets whether the table has ended its waits.</summary>
    bool IsDisposed { get; }

    /// <summary>Gets how often the waits of the table have been ended. The default table goes on after that.</summary>
    int Ends { get; }
}
