using System.Diagnostics;

namespace PidFdProcess.Conformance;

/// <summary>
/// A second program that uses the library, for cases about two of them. It is another process of this program, which knows some of the commands of
/// test/PidFdProcess.Tests.Dummy.
/// </summary>
internal static class SecondProgram
{
    /// <summary>Gets or sets what returns the words that start it. A command follows. The unit tests have a program of their own for it.</summary>
    public static Func<string[]> Words { get; set; } = static () => [Environment.ProcessPath!, "--second"];

    /// <summary>Starts it with its input and output redirected.</summary>
    /// <param name="command">The command and its arguments.</param>
    /// <param name="through">The words of a program that runs the rest of its command line, if it is to run through one.</param>
    public static Process Start(string[] command, params string[] through)
    {
        string[] words = [.. through, .. Words(), .. command];
        return Process.Start(new ProcessStartInfo(words[0], words[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
    }
}
