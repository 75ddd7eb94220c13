using System.Runtime.CompilerServices;

namespace PidFdProcess.Diagnostics;

// Overview
//
// Decides when the meter and the event source are made.
//
// Constraints: A meter and an event source can be listened to only once they exist. Making them costs a short program a tenth of its time, and loads
// an assembly that it does not need. A listener inside the program needs the assembly of the meters, so it loads that first.
//
// A program that is out of descriptors cannot load an assembly, and the runtime remembers the failure.
//
// Scheme: Make them at the first use of this library if that assembly is loaded, and otherwise when it is loaded. Make them at the latest with the
// 16th attachment, so that a tool from outside finds them in a program that runs for long. An attachment that failed because descriptors are short
// does not count. A warning makes the event source at once.

/// <summary>The start of the meter and the event source.</summary>
internal static class Telemetry
{
    private const string Assembly = "System.Diagnostics.DiagnosticSource,";
    private const int AttachmentsWithout = 16;

    private static int s_attachments;
    private static volatile bool s_isStarted;
    private static (bool IsSupported, string Reason)? s_probed;

    /// <summary>Gets whether the meter and the event source exist.</summary>
    public static bool IsStarted => s_isStarted;

    /// <summary>Notes an attachment, and makes the meter and the event source if it is time.</summary>
    public static void NoteAttachment()
    {
        if (!s_isStarted)
        {
            int count = Interlocked.Increment(ref s_attachments);
            if (count == AttachmentsWithout || (count == 1 && IsNeededAtOnce()))
            {
                Start();
            }
        }
    }

    /// <summary>Notes the answer of the probe, for a listener that may be there already or come later.</summary>
    public static void NoteProbed(bool isSupported, string reason)
    {
        s_probed = (isSupported, reason);
        if (s_isStarted)
        {
            PidFdEventSource.Log?.Probed(isSupported, reason);
        }
    }

    /// <summary>Returns whether the runtime could not load what telemetry needs, because descriptors or memory are short.</summary>
    public static bool IsLoadFailure(Exception e) => e is IOException or TypeInitializationException or OutOfMemoryException;

    private static bool IsNeededAtOnce()
    {
        if (!RuntimeFeature.IsDynamicCodeSupported)
        {
            // The program was compiled ahead of time, so that they cost no load and no compilation.
            return true;
        }

        if (UnloadingContext.IsCollectible)
        {
            // A handler of AssemblyLoad would keep the context loaded.
            return true;
        }

        AppDomain.CurrentDomain.AssemblyLoad += OnAssemblyLoad;
        foreach (System.Reflection.Assembly assembly in AppDomain.CurrentDomain.GetAssemblies())
        {
            if (IsOfMeters(assembly))
            {
                return true;
            }
        }

        return false;
    }

    private static void OnAssemblyLoad(object? sender, AssemblyLoadEventArgs e)
    {
        if (IsOfMeters(e.LoadedAssembly))
        {
            Start();
        }
    }

    private static bool IsOfMeters(System.Reflection.Assembly assembly) => assembly.FullName?.StartsWith(Assembly, StringComparison.Ordinal) == true;

    private static void Start()
    {
        if (RuntimeFeature.IsDynamicCodeSupported)
        {
            AppDomain.CurrentDomain.AssemblyLoad -= OnAssemblyLoad;
        }

        try
        {
            PidFdMetrics.Start();
        }
        catch (Exception e) when (IsLoadFailure(e))
        {
            // Calls go on without the meter, because their processes are what matters.
            return;
        }

        s_isStarted = true;
        if (s_probed is { } probed)
        {
            PidFdEventSource.Log?.Probed(probed.IsSupported, probed.Reason);
        }
    }
}
