using System.Diagnostics;
using System.Runtime.InteropServices;

namespace PidFdProcess.Tests.Dummy.Commands;

/// <summary>Signals the process group that this program leads, first without saying that its own group is meant.</summary>
internal static class SignalOwnGroup
{
    // SIGCONT by its number, because the name is not allowed on Windows.
    private const PosixSignal Continue = (PosixSignal)18;

    public static Task RunAsync()
    {
        using Process self = Process.GetCurrentProcess();
        try
        {
            self.SignalGroupViaPidFd(Continue);
        }
        catch (InvalidOperationException)
        {
            Console.WriteLine("refused");
        }

        Console.WriteLine(self.SignalGroupViaPidFd(Continue, includeOwnGroup: true) ? "signalled" : "has exited");
        return Task.CompletedTask;
    }
}
