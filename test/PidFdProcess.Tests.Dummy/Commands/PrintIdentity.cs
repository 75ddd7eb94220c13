using System.Diagnostics;

namespace PidFdProcess.Tests.Dummy.Commands;

/// <summary>Prints the identity of this program, and runs until its input ends or it is stopped.</summary>
internal static class PrintIdentity
{
    public static async Task RunAsync()
    {
        using Process self = Process.GetCurrentProcess();
        Console.WriteLine(self.GetIdentityViaPidFd());
        await Console.In.ReadToEndAsync();
    }
}
