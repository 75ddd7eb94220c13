using System.Diagnostics;
using System.Globalization;

namespace QuickStart;

/// <summary>A process that is not our child but that of a shell.</summary>
internal sealed class ForeignProcess(Process shell)
{
    public int Id { get; } = int.Parse(shell.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture);

    /// <summary>Lets the shell reap it, if it did not do so at once.</summary>
    public void LetParentReap() => shell.StandardInput.Close();

    /// <summary>Waits until the PID is free.</summary>
    public void WaitUntilReaped()
    {
        while (Directory.Exists($"/proc/{Id}"))
        {
            Thread.Yield();
        }
    }
}
