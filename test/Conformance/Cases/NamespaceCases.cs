using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using PidFdProcess.Shared;

namespace PidFdProcess.Conformance;

/// <summary>Identities that cross the border of a PID namespace.</summary>
internal static class NamespaceCases
{
    private static readonly string[] s_unshare = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"];

    public static Case[] All { get; } =
    [
        new("identity-out-of-namespace", Needs.PidFds | Needs.Proc, OpenFromOutside),
        new("identity-into-namespace", Needs.PidFds | Needs.Proc, OpenFromInside),
    ];

    private static void OpenFromOutside(ProcessHandleRegistry registry)
    {
        RequireNamespaces();
        using Process unshare = SecondProgram.Start(["print-identity"], s_unshare);
        string text = unshare.StandardOutput.ReadLine() ?? throw new CheckException("the second program printed no identity");
        ProcessIdentity identity = ProcessIdentity.Parse(text, CultureInfo.InvariantCulture);
        Check.Equal(1, identity.ProcessId);
        if (registry.Support.IdentityMethod == ProcessIdentityMethod.FileHandle)
        {
            using Process process = registry.Open(identity);
            Check.Equal<int?>(unshare.Id, ProcessTable.ParentOf(process.Id));
            Check.Equal(identity, registry.GetIdentity(process));
            registry.Kill(process);
        }
        else
        {
            // Out here pid 1 is another process.
            ArgumentException e = Check.Throws<ArgumentException>(() => registry.Open(identity));
            Check.That(e.Message.Contains("PID namespace", StringComparison.Ordinal), e.Message);
        }

        unshare.StandardInput.Close();
        Check.That(registry.WaitForExit(unshare, (int)Check.Limit.TotalMilliseconds));
    }

    private static void OpenFromInside(ProcessHandleRegistry registry)
    {
        RequireNamespaces();
        using Process self = Process.GetCurrentProcess();
        using Process unshare = SecondProgram.Start(["stop-by-identity", registry.GetIdentity(self).ToString()], s_unshare);
        string answer = unshare.StandardOutput.ReadToEnd();
        Check.That(answer.Contains("is not running", StringComparison.Ordinal), answer);
        if (registry.Support.IdentityMethod == ProcessIdentityMethod.FileHandle)
        {
            Check.That(answer.Contains("PID namespace", StringComparison.Ordinal), answer);
        }

        Check.That(registry.WaitForExit(unshare, (int)Check.Limit.TotalMilliseconds));
    }

    private static void RequireNamespaces()
    {
        // Where SIGCHLD is ignored, unshare fails after its child has ended, so its exit code says nothing.
        ProcessStartInfo start = new(s_unshare[0], [.. s_unshare[1..], Shell.Path, "-c", "echo ready"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using Process unshare = Process.Start(start)!;
            string output = unshare.StandardOutput.ReadToEnd();
            string error = unshare.StandardError.ReadToEnd();
            unshare.WaitForExit();
            if (output != "ready\n")
            {
                throw new SkipException($"no new PID namespace: {error.Trim()}");
            }
        }
        catch (Win32Exception e)
        {
            throw new SkipException($"no new PID namespace: {e.Message}");
        }
    }
}
