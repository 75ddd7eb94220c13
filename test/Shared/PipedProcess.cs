using System.Diagnostics;
using System.IO.Pipes;
using Microsoft.Win32.SafeHandles;

namespace PidFdProcess.Shared;

/// <summary>A child shell with its input and output redirected. It closes both streams when it is disposed.</summary>
/// <remarks>
/// The runtime's own reader uses the runtime's socket engine, which needs epoll. This one reads the descriptor as a file, which works where a seccomp
/// filter forbids epoll.
/// </remarks>
internal sealed class PipedProcess : Process
{
    private readonly StreamReader _output;

    /// <summary>Starts the script and waits for its first line.</summary>
    public PipedProcess(string script)
    {
        StartInfo = Shell.Info(script, redirectInput: true, redirectOutput: true);
        Start();
        nint descriptor = ((PipeStream)StandardOutput.BaseStream).SafePipeHandle.DangerousGetHandle();
        _output = new StreamReader(new FileStream(new SafeFileHandle(descriptor, ownsHandle: false), FileAccess.Read));
        FirstLine = ReadLine();
    }

    public string FirstLine { get; }

    public string ReadLine() => _output.ReadLine() ?? throw new InvalidOperationException("The shell printed no more lines.");

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
