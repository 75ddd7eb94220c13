namespace PidFdProcess.Conformance;

/// <summary>A child whose input and output are ours. Streams that were used belong to their user, so it closes them itself.</summary>
internal sealed class Talker : Process
{
    public Talker(string script)
    {
        StartInfo = new ProcessStartInfo(Programs.Shell, ["-c", script]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        Start();
        FirstLine = ReadLine();
    }

    public string FirstLine { get; }

    public string ReadLine() => StandardOutput.ReadLine() ?? throw new CheckException("the shell printed nothing");

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            StandardInput.Dispose();
            StandardOutput.Dispose();
        }

        base.Dispose(disposing);
    }
}
