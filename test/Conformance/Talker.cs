using System.IO.Pipes;
using Microsoft.Win32.SafeHandles;

namespace PidFdProcess.Conformance;

/// <summary>A child whose input and output are ours. Streams that were used belong to their user, so it closes them itself.</summary>
/// <remarks>
/// The runtime's own reader goes through its socket engine, which needs epoll. Reading the descriptor as a file works where that is forbidden.
/// </remarks>
internal sealed class Talker : Process
{
    private readonly StreamReader _output;

    public Talker(string script)
    {
        StartInfo = new ProcessStartInfo(Programs.Shell, ["-c", script]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        Start();
        nint descriptor = ((PipeStream)StandardOutput.BaseStream).SafePipeHandle.DangerousGetHandle();
        _output = new StreamReader(new FileStream(new SafeFileHandle(descriptor, ownsHandle: false), FileAccess.Read));
        FirstLine = ReadLine();
    }

    public string FirstLine { get; }

    public string ReadLine() => _output.ReadLine() ?? throw new CheckException("the shell printed nothing");

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _output.Dispose();
            StandardInput.Dispose();
            StandardOutput.Dispose();
        }

        base.Dispose(disposing);
    }
}
