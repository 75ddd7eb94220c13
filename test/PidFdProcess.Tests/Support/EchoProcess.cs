using System.Diagnostics;

namespace PidFdProcess.Tests.Support;

/// <summary>
/// A child that answers each line with the same line. Its answer proves that it got no SIGKILL, because the kernel queues that signal before kill(2)
/// returns and lets the process run no more.
/// </summary>
internal static class EchoProcess
{
    public static Process Start() =>
        Process.Start(new ProcessStartInfo("/bin/cat") { RedirectStandardInput = true, RedirectStandardOutput = true })!;

    public static bool Answers(Process process)
    {
        try
        {
            process.StandardInput.WriteLine("alive");
            process.StandardInput.Flush();
            return process.StandardOutput.ReadLine() == "alive";
        }
        catch (IOException)
        {
            // The child reads no more.
            return false;
        }
    }
}
