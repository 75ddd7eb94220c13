namespace PidFdProcess.Attachments;

/// <summary>Why a process is on the stock route. Decides whether the next call tries to open a pidfd again.</summary>
internal enum StockCause
{
    /// <summary>The process has a pidfd.</summary>
    None,

    /// <summary>Pidfds do not work here.</summary>
    Unsupported,

    /// <summary>Descriptors or memory are short. The next call tries again.</summary>
    Resource,

    /// <summary>The process had exited before it was attached.</summary>
    Exited,
}
