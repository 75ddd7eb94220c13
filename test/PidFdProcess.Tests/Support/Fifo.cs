namespace PidFdProcess.Tests.Support;

/// <summary>A FIFO. A shell that runs <c>read x &lt;"$FIFO"</c> waits until the test opens it.</summary>
internal sealed class Fifo : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("fifo").FullName;

    public Fifo()
    {
        FullName = Path.Combine(_directory, "fifo");
        using System.Diagnostics.Process mkfifo = System.Diagnostics.Process.Start("mkfifo", [FullName]);
        mkfifo.WaitForExit();
        Assert.AreEqual(0, mkfifo.ExitCode);
    }

    public string FullName { get; }

    /// <summary>Gets the shell command that waits.</summary>
    public string Wait => $"read x <{FullName}";

    /// <summary>Waits for a waiter, and lets it through.</summary>
    public void Open()
    {
        using FileStream stream = new(FullName, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        stream.Write("\n"u8);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
