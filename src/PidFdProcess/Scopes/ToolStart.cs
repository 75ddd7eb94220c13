using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using PidFdProcess.Linux;

namespace PidFdProcess.Scopes;

// Overview
//
// Starts a program through tools that prepare the child for it.
//
// Constraints: PR_SET_PDEATHSIG and setsid(2) must be called in the child before its program runs, and the runtime has no hook for that. If the
// parent dies before the child makes the call, no signal is sent. A shell drops environment variables whose names are not in its syntax, and changes
// some of its own.
//
// Scheme: The child runs setpriv, which sets the signal. Then it runs a shell, which kills itself if its parent is another process now. Then it runs
// env, which gives the variables of the shell their values back. Then it runs setsid, and then the program. Each one runs the next by execve(2), so
// that the PID, working directory, environment, descriptors and arguments stay the same. If a variable has an unusual name, the shell is bash, which
// keeps it. If the program gets options for bash, such as xtrace, the shell is a privileged bash, because sh may be a bash that obeys them.

/// <summary>Starts a program through tools that prepare the child for it.</summary>
internal static partial class ToolStart
{
    private const string Script = "[ \"$PPID\" = \"$0\" ] || kill -KILL $$\nexec \"$@\"";

    private const string OptInd = "OPTIND";

    // Shells add the first variables to the environment. They change the others only if those are in the environment.
    private static readonly string[] s_addedByShells = ["PWD", "OLDPWD", "SHLVL", "_"];
    private static readonly string[] s_optionsOfBash = ["BASHOPTS", "SHELLOPTS"];
    private static readonly string[] s_changedByShells = [.. s_addedByShells, .. s_optionsOfBash, "IFS", OptInd, "PPID"];

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

        ThrowIfInvalid(startInfo);
        string program = ProgramPath.Resolve(startInfo.FileName)
            ?? throw new Win32Exception(
                (int)Errno.ENOENT, $"An error occurred trying to start process '{startInfo.FileName}': No such file or directory");
        program = Path.GetFullPath(program);
        List<string> tools = killOnParentExit ? ToolsFor(startInfo, program) : [];

        // The runtime has made the session if StartDetached of .NET 11 is on. In the leader of a group, setsid would start another process.
        if (newSession && !StartInfoCopy.IsOn(startInfo, "StartDetached"))
        {
            tools.Add(FindTool("setsid", "util-linux"));
        }

        ProcessStartInfo through = StartInfoCopy.Of(startInfo, [.. tools, program]);
        return killOnParentExit ? StarterThread.Start(through) : StartOrThrow(through);
    }

    private static Process StartOrThrow(ProcessStartInfo startInfo) =>
        Process.Start(startInfo) ?? throw new InvalidOperationException("No process was started.");

    /// <summary>Throws what the runtime throws for the original. It sees only the copy, for which it has no reason to throw.</summary>
    private static void ThrowIfInvalid(ProcessStartInfo startInfo)
    {
        if (startInfo.UseShellExecute)
        {
            throw new InvalidOperationException("KillOnParentExit and NewSession need a ProcessStartInfo with UseShellExecute off.");
        }

        if (startInfo.FileName.Length == 0)
        {
            throw new InvalidOperationException("Cannot start process because a file name has not been provided.");
        }

        if (startInfo.Arguments.Length > 0 && startInfo.ArgumentList.Count > 0)
        {
            throw new InvalidOperationException("Only one of Arguments or ArgumentList may be used.");
        }
    }

    /// <summary>Returns the tools that set the parent-death signal, with their arguments.</summary>
    private static List<string> ToolsFor(ProcessStartInfo startInfo, string program)
    {
        string setpriv = FindTool("setpriv", "util-linux (Alpine: setpriv)");
        string[] shell = ShellFor(startInfo);
        string env = FindTool("env", "coreutils");
        List<string> tools = [setpriv, "--pdeathsig", "KILL", "--"];
        if (HasVariable(startInfo, OptInd))
        {
            // Some shells do not start if it is no number.
            tools.AddRange([env, "-u", OptInd]);
        }

        tools.AddRange([.. shell, "-c", Script, Environment.ProcessId.ToString(CultureInfo.InvariantCulture), env]);
        foreach (string name in s_addedByShells.Where(name => !HasVariable(startInfo, name)))
        {
            tools.AddRange(["-u", name]);
        }

        foreach (string name in s_changedByShells)
        {
            if (TryGetVariable(startInfo, name, out string value))
            {
                tools.Add($"{name}={value}");
            }
        }

        // As a word of its own, env would take the path for a variable.
        return program.Contains('=') ? [.. tools, setpriv, "--"] : tools;
    }

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

    private static string[] ShellFor(ProcessStartInfo startInfo)
    {
        string? odd = startInfo.Environment.Keys.FirstOrDefault(name => !PlainName().IsMatch(name) && HasVariable(startInfo, name));
        if (odd is null && !s_optionsOfBash.Any(name => HasVariable(startInfo, name)))
        {
            return ["/bin/sh"];
        }

        // Privileged, so that it runs no file of BASH_ENV, takes no options from the environment, and keeps functions of other shells as they are.
        return ProgramPath.FindInPath("bash") is { } bash ? [bash, "-p"]

            // Without bash, sh is another shell, which knows no such options.
            : odd is null ? ["/bin/sh"]
            : throw new PlatformNotSupportedException(
                "The program bash is missing. It is in the package bash. "
                + $"KillOnParentExit needs it because sh drops the environment variable '{odd}'.");
    }

    /// <summary>Returns whether the program gets the variable. The runtime leaves out a variable whose value is <see langword="null"/>.</summary>
    private static bool HasVariable(ProcessStartInfo startInfo, string name) => TryGetVariable(startInfo, name, out _);

    /// <summary>Gets a variable that the runtime passes on. Since .NET 9 it leaves out a value of null, which was an empty value before.</summary>
    private static bool TryGetVariable(ProcessStartInfo startInfo, string name, out string value)
    {
        bool isNamed = startInfo.Environment.TryGetValue(name, out string? set);
        value = set ?? "";
        return isNamed && (set is not null || Environment.Version.Major < 9);
    }

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*$")]
    private static partial Regex PlainName();
}
