namespace PidFdProcess.Waits;

/// <summary>What a wait for an exit promises when it ends.</summary>
internal enum WaitPromise : byte
{
    /// <summary>The process has exited, and its status was captured. The process need not have been reaped.</summary>
    Exit,

    /// <summary>What the stock wait promises except for the streams. ExitCode of a child works, and Exited was or will be raised.</summary>
    StockState,

    /// <summary>What the stock wait promises, with the end of the streams that are read by lines.</summary>
    StockStateAndOutput,
}
