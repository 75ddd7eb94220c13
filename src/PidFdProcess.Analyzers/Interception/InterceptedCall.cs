namespace PidFdProcess.Analyzers.Interception;

/// <summary>A call to reroute. It holds no syntax and no symbols, so that an unchanged call compares equal after an edit elsewhere.</summary>
/// <param name="Method">The stock method.</param>
/// <param name="Version">The version of the encoding of <paramref name="Data"/>.</param>
/// <param name="Data">The encoded location, by which the compiler finds the call.</param>
/// <param name="Place">The file, line and column, for a reader of the generated code.</param>
internal readonly record struct InterceptedCall(StockMethod Method, int Version, string Data, string Place);
