using System.CommandLine;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using PidFdProcess;

namespace PidRun;

/// <summary>How the command line names a process, which is by PID or by one of the forms of <see cref="ProcessIdentity"/>.</summary>
internal static class ProcessName
{
    public static Argument<string[]> Argument()
    {
        Argument<string[]> argument = new("process")
        {
            Description = "A PID, or an identity as 'pidrun id' prints it, which never means another process",
            Arity = ArgumentArity.OneOrMore,
        };
        argument.Validators.Add(static result =>
        {
            foreach (string text in result.Tokens.Select(static token => token.Value).Where(static text => !IsPid(text, out _)))
            {
                if (!ProcessIdentity.TryParse(text, out _))
                {
                    result.AddError($"'{text}' is neither a PID nor an identity.");
                }
            }
        });
        return argument;
    }

    /// <summary>
    /// Opens all processes. From then on no PID is taken for another process. A process that does not exist is reported on stderr.
    /// </summary>
    public static bool TryOpenAll(string[] names, out List<Process> processes)
    {
        processes = [];
        bool allFound = true;
        foreach (string name in names.Distinct())
        {
            if (TryOpen(name, out Process? process))
            {
                processes.Add(process);
            }
            else
            {
                Report.Missing(name);
                allFound = false;
            }
        }

        return allFound;
    }

    public static string Of(Process process)
    {
        try
        {
            return process.ProcessName;
        }
        catch (InvalidOperationException)
        {
            // It has exited since it was opened.
            return "?";
        }
    }

    private static bool TryOpen(string name, [NotNullWhen(true)] out Process? process) => IsPid(name, out int pid)
        ? ProcessHandleRegistry.Default.TryOpen(pid, out process)
        : ProcessHandleRegistry.Default.TryOpen(ProcessIdentity.Parse(name), out process);

    private static bool IsPid(string text, out int pid) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out pid) && pid > 0;
}
