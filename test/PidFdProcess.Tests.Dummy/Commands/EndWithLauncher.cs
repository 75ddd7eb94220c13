using System.Diagnostics;
using System.Globalization;

namespace PidFdProcess.Tests.Dummy.Commands;

/// <summary>
/// Runs until its launcher ends, and says so: its parent, or, with an identity in an environment variable, a launcher that need not be the parent.
/// </summary>
internal static class EndWithLauncher
{
    public const string Variable = "LAUNCHER_IDENTITY";

    public static async Task RunAsync()
    {
        using Process launcher = Environment.GetEnvironmentVariable(Variable) is { } identity
            ? ProcessHandleRegistry.Default.Open(ProcessIdentity.Parse(identity, CultureInfo.InvariantCulture))
            : ProcessHandleRegistry.OpenParent();
        Console.WriteLine(launcher.Id);
        await launcher.WaitForExitPidFdAsync();
        Console.WriteLine("the launcher has ended");
    }
}
