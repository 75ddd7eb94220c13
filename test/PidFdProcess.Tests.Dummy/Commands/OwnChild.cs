using System.Diagnostics;

namespace PidFdProcess.Tests.Dummy.Commands;

/// <summary>
/// Starts a child that must not outlive this program. The child prints its PID as soon as it runs with the parent-death signal set. Both run until
/// their input ends or this program is killed.
/// </summary>
internal static class OwnChild
{
    public static async Task RunAsync(string shell)
    {
        await using ProcessScope scope = new(new ProcessScopeOptions { KillOnParentExit = true });
        using Process child = scope.Start(new ProcessStartInfo(shell, ["-c", "echo $$; read line"]));
        await child.WaitForExitPidFdAsync();
    }
}
