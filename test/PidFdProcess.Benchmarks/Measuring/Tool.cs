using System.ComponentModel;
using System.Diagnostics;

namespace PidFdProcess.Benchmarks.Measuring;

/// <summary>Programs that may be there or not.</summary>
internal static class Tool
{
    /// <summary>Runs a program to its end. Returns its exit code, <see langword="null"/> if there is no such program.</summary>
    public static int? Run(string program, string[] arguments, out string output)
    {
        output = "";
        try
        {
            using Process process = Process.Start(
                new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            Task<string> errors = process.StandardError.ReadToEndAsync();
            output = process.StandardOutput.ReadToEnd() + errors.GetAwaiter().GetResult();
            process.WaitForExit();
            return process.ExitCode;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
