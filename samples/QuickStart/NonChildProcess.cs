using System.Diagnostics;
using System.Globalization;

namespace QuickStart;

/// <summary>A child of a shell, and therefore a non-child of this program.</summary>
internal sealed class NonChildProcess(Process shell)
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
