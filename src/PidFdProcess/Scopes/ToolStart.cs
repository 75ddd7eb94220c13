using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using PidFdProcess.Linux;

namespace PidFdProcess.Scopes;

// Overview
//
// Constraints: PR_SET_PDEATHSIG and setsid(2) must be called in the child before its program runs, and the runtime has no hook for that. If the
// parent dies before the child makes the call, no signal is sent. A shell drops environment variables whose names are not in its syntax.
//
// Scheme: The child runs setpriv, which sets the signal. Then it runs a shell, which kills itself if its parent is another process now. Then it runs
// setsid, and then the program. Each one runs the next by execve(2), so that the PID, working directory, environment, descriptors and arguments stay
// the same. If a variable has an unusual name, the shell is bash, which keeps it.

/// <summary>Starts a program through tools that prepare the child for it.</summary>
internal static partial class ToolStart
{
    private const string CheckParent = "[ \"$PPID\" = \"$0\" ] || kill -KILL $$; ";

    // The variables that shells add to the environment.
    private static readonly string[] s_addedByShells = ["PWD", "OLDPWD", "SHLVL"];

    public static Process Start(ProcessStartInfo startInfo, bool killOnParentExit, bool newSession)
    {
        ArgumentNullException.ThrowIfNull(startInfo);
        if (!killOnParentExit && !newSession)
        {
            return StartOrThrow(startInfo);
        }

        if (!OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException("KillOnParentExit and NewSession need Linux.");
        }

        if (startInfo.UseShellExecute)
        {
            throw new InvalidOperationException("KillOnParentExit and NewSession need a ProcessStartInfo with UseShellExecute off.");
        }

        string program = ProgramPath.Resolve(startInfo.FileName)
            ?? throw new Win32Exception(
                (int)Errno.ENOENT, $"An error occurred trying to start process '{startInfo.FileName}': No such file or directory");
        List<string> tools = [];
        if (killOnParentExit)
        {
            tools.AddRange([FindTool("setpriv", "util-linux (Alpine: setpriv)"), "--pdeathsig", "KILL", "--"]);
            string script = CheckParent + Unset(startInfo) + "exec \"$@\"";
            tools.AddRange([ShellFor(startInfo), "-c", script, Environment.ProcessId.ToString(CultureInfo.InvariantCulture)]);
        }

        if (newSession)
        {
            tools.Add(FindTool("setsid", "util-linux"));
        }

        tools.Add(Path.GetFullPath(program));
        ProcessStartInfo through = Copy(startInfo, tools);
        return killOnParentExit ? StarterThread.Start(through) : StartOrThrow(through);
    }

    private static Process StartOrThrow(ProcessStartInfo startInfo) =>
        Process.Start(startInfo) ?? throw new InvalidOperationException("No process was started.");

    private static string FindTool(string name, string package)
    {
        string? path = ProgramPath.FindInPath(name);
        bool isBusyBox = path is not null
            && Path.GetFileName(File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName) is "busybox" or "toybox";

        // The setpriv of BusyBox does not know the parent-death signal.
        return path is null || (isBusyBox && name == "setpriv")
            ? throw new PlatformNotSupportedException($"The program {name} is missing. It is in the package {package}.")
            : path;
    }

    private static string ShellFor(ProcessStartInfo startInfo)
    {
        string? odd = startInfo.Environment.Keys.FirstOrDefault(static name => !PlainName().IsMatch(name));
        return odd is null
            ? "/bin/sh"
            : ProgramPath.FindInPath("bash") ?? throw new PlatformNotSupportedException(
                "The program bash is missing. It is in the package bash. "
                + $"KillOnParentExit needs it because sh drops the environment variable '{odd}'.");
    }

    private static string Unset(ProcessStartInfo startInfo)
    {
        string[] added = [.. s_addedByShells.Where(name => !startInfo.Environment.ContainsKey(name))];
        return added.Length == 0 ? "" : $"unset {string.Join(' ', added)}; ";
    }

    private static ProcessStartInfo Copy(ProcessStartInfo original, List<string> tools)
    {
        ProcessStartInfo copy = new(tools[0])
        {
            WorkingDirectory = original.WorkingDirectory,
            RedirectStandardInput = original.RedirectStandardInput,
            RedirectStandardOutput = original.RedirectStandardOutput,
            RedirectStandardError = original.RedirectStandardError,
            StandardInputEncoding = original.StandardInputEncoding,
            StandardOutputEncoding = original.StandardOutputEncoding,
            StandardErrorEncoding = original.StandardErrorEncoding,
            CreateNoWindow = original.CreateNoWindow,
            UserName = original.UserName,
        };
        copy.Environment.Clear();
        foreach ((string name, string? value) in original.Environment)
        {
            copy.Environment[name] = value;
        }

        if (original.ArgumentList.Count == 0 && original.Arguments.Length > 0)
        {
            StringBuilder text = new();
            tools.Skip(1).ToList().ForEach(tool => text.Append('"').Append(Escape(tool)).Append("\" "));
            copy.Arguments = text.Append(original.Arguments).ToString();
        }
        else
        {
            tools.Skip(1).Concat(original.ArgumentList).ToList().ForEach(copy.ArgumentList.Add);
        }

        return copy;
    }

    /// <summary>
    /// Escapes an argument for use inside quotation marks. The runtime splits <see cref="ProcessStartInfo.Arguments"/>, and takes a backslash as an
    /// escape only before a quotation mark.
    /// </summary>
    private static string Escape(string argument) => QuotedBackslashes().Replace(
        argument, static match => match.Groups[1].Value + match.Groups[1].Value + (match.Groups[2].Length > 0 ? "\\\"" : ""));

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*$")]
    private static partial Regex PlainName();

    [GeneratedRegex("""(\\*)("|$)""")]
    private static partial Regex QuotedBackslashes();
}
