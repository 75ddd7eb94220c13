using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace PidFdProcess.Runtime;

/// <summary>
/// Answers whether an object has a process. <see cref="Process.Id"/> would throw if it has none, and handlers of
/// <see cref="AppDomain.FirstChanceException"/> would run on the thread that asks. That may be the event loop, on which no user code may run.
/// </summary>
internal static class ProcessIdField
{
    private static readonly bool s_isMissing = IsMissing();

    /// <summary>Whether the object has a process now, because it was started or fetched and has not been closed since.</summary>
    public static bool HasProcess(Process process)
    {
        if (!s_isMissing)
        {
            return Volatile.Read(ref HaveProcessId(process));
        }

        try
        {
            _ = process.Id;
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static bool IsMissing()
    {
        using Process process = new();
        try
        {
            _ = HaveProcessId(process);
            return false;
        }
        catch (MissingFieldException)
        {
            return true;
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_haveProcessId")]
    private static extern ref bool HaveProcessId(Process process);
}
