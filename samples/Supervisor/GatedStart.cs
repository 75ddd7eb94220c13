using PidFdProcess;
using Process = System.Diagnostics.Process;
using ProcessStartInfo = System.Diagnostics.ProcessStartInfo;

namespace Supervisor;

// Overview
//
// Starts a program only after its identity is on disk.
//
// Constraints: The supervisor may be killed between any two lines. A process that it started just before must not run without a record of it.
//
// Scheme: A shell is started first, and waits for a line on a pipe. The supervisor writes the identity of the shell to the state file, then the
// line. The shell then executes the program, which keeps its PID and therefore the identity. If the supervisor is killed before it writes the line,
// the shell reads the end of the pipe and exits. Then the program has not begun.

/// <summary>Starts a program that begins after its identity has been written.</summary>
internal static class GatedStart
{
    /// <summary>The variable that has the name of the run.</summary>
    public const string RunVariable = "SUPERVISOR_RUN";

    // The output goes to a file, because a pipe would break with the supervisor. The program has a session of its own, so that neither Ctrl+C on the
    // terminal nor its hangup reaches the program. The supervisor alone decides how it is stopped.
    private const string Script = "read -r line || exit 125; log=$1; shift; exec setsid \"$@\" </dev/null >>\"$log\" 2>&1";

    /// <summary>Starts the program.</summary>
    /// <param name="options">What to start.</param>
    /// <param name="outputFile">The file that its output is appended to.</param>
    /// <param name="run">The name of the run.</param>
    /// <param name="record">Writes the identity. If it throws, the program does not begin.</param>
    /// <exception cref="System.ComponentModel.Win32Exception">The working directory does not exist, or no process can be started.</exception>
    public static Process Start(ProgramOptions options, string outputFile, Guid run, Action<ProcessIdentity> record)
    {
        ProcessStartInfo info = new("/bin/sh", ["-c", Script, "sh", outputFile, options.Command, .. options.Arguments])
        {
            WorkingDirectory = options.WorkingDirectory,
            RedirectStandardInput = true,
        };
        foreach ((string variable, string value) in options.Environment)
        {
            info.Environment[variable] = value;
        }

        info.Environment[RunVariable] = run.ToString("N");
        Process process = Process.Start(info)!;
        try
        {
            using StreamWriter gate = process.StandardInput;
            record(process.GetIdentityViaPidFd());
            gate.WriteLine();
            return process;
        }
        catch
        {
            process.Dispose();
            throw;
        }
    }
}
