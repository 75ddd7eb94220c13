using System.Runtime.InteropServices;
using PidFdProcess.Linux;

namespace PidFdProcess.Scopes;

// Overview
//
// Kills the processes of all open scopes if SIGTERM ends the program.
//
// Constraints: Up to .NET 9, the runtime raises ProcessExit at SIGTERM. From .NET 10 on, SIGTERM ends a program that has no handler at once. A
// program with a handler (for example by Microsoft.Extensions.Hosting) may cancel the signal, and then stops its children gracefully. They must not
// be killed before that.
//
// Scheme: From .NET 10 on, the runtime calls the newest handler first. So a handler that is the first one of the program is called last, and sees
// whether another handler has cancelled the signal. If the program has a handler already, or ignores the signal, this class adds none.

/// <summary>Kills all open scopes if SIGTERM ends the program and no handler of the program cancels it.</summary>
internal static class DefaultSigTerm
{
    private const int FirstVersion = 10;

    private static readonly object s_gate = new();
    private static int s_users;
    private static PosixSignalRegistration? s_registration;

    /// <summary>Handles the signal from now on, until each caller has called <see cref="Release"/>.</summary>
    public static void Handle()
    {
        lock (s_gate)
        {
            s_users++;
            if (s_users == 1 && OperatingSystem.IsLinux() && Environment.Version.Major >= FirstVersion)
            {
                s_registration = SignalHandlers.IsDefault(SignalNumbers.SigTerm) ? TryRegister() : null;
            }
        }
    }

    public static void Release()
    {
        lock (s_gate)
        {
            s_users--;
            if (s_users == 0)
            {
                s_registration?.Dispose();
                s_registration = null;
            }
        }
    }

    private static PosixSignalRegistration? TryRegister()
    {
        try
        {
            return PosixSignalRegistration.Create(PosixSignal.SIGTERM, static context =>
            {
                if (!context.Cancel)
                {
                    OpenScopes.KillAll();
                }
            });
        }
        catch (IOException)
        {
            // The start of a process must not fail because a filter forbids signal handlers.
            return null;
        }
    }
}
