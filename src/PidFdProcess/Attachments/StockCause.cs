namespace PidFdProcess.Attachments;

/// <summary>Why a process is on the stock route, as far as that decides about another look.</summary>
internal enum StockCause
{
    /// <summary>It is not: it has a pidfd.</summary>
    None,

    /// <summary>pidfds do not work here.</summary>
    Unsupported,

    /// <summary>Descriptors or memory are short. The next call tries again.</summary>
    Resource,

    /// <summary>The process had exited before it was attached.</summary>
    Exited,
}
