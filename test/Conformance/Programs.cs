namespace PidFdProcess.Conformance;

/// <summary>Processes to try things on. All of them come from one shell, for there may be nothing else.</summary>
internal static class Programs
{
    /// <summary>Gets or sets the shell.</summary>
    public static string Shell { get; set; } = "/bin/sh";

    /// <summary>A child that runs until it is killed.</summary>
    public static Process Sleeper() => Start("exec sleep 1000");

    /// <summary>A child that exits with the code.</summary>
    public static Process Exiting(int code) => Start($"exit {code}");

    /// <summary>A child that exits with the code as soon as its input is closed.</summary>
    public static Process ExitingOnCommand(int code) =>
        Process.Start(new ProcessStartInfo(Shell, ["-c", $"read line; exit {code}"]) { RedirectStandardInput = true })!;

    public static Process Start(string script) => Process.Start(Shell, ["-c", script]);

    /// <summary>Is there a process with this PID, be it a zombie?</summary>
    public static bool Exists(int processId) => Native.Kill(processId, 0);

    /// <summary>The state letter of /proc/PID/stat; a blank if there is no such process.</summary>
    public static char StateOf(int processId) => StatOf(processId) is { } fields ? fields[0][0] : ' ';

    /// <summary>The PID of its parent; -1 if there is no such process.</summary>
    public static int ParentOf(int processId) => StatOf(processId) is { } fields ? Parse(fields[1]) : -1;

    public static int Parse(string number) => int.Parse(number, CultureInfo.InvariantCulture);

    // The fields behind the name, which may contain blanks and parentheses.
    private static string[]? StatOf(int processId)
    {
        try
        {
            string stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/stat"));
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return null;
        }
    }
}

/// <summary>A process that is not our child but that of a shell of ours, which reaps it or leaves it a zombie.</summary>
internal sealed class Foreign : IDisposable
{
    private readonly Talker _parent;

    private Foreign(string script)
    {
        _parent = new Talker(script);
        Id = Programs.Parse(_parent.FirstLine);
    }

    public int Id { get; }

    /// <summary>Its parent reaps it at once.</summary>
    public static Foreign Reaped(string script = "exec sleep 1000") => new($"( {script} ) >/dev/null & echo $!; wait; exec sleep 1000");

    /// <summary>Its parent stops, so that it stays a zombie until this object is disposed. It can read its input from descriptor 3.</summary>
    public static Foreign Unreaped(string script = "exec sleep 1000")
    {
        Foreign foreign = new($"exec 3<&0; ( {script} ) >/dev/null & echo $!; kill -STOP $$; wait");
        Check.Eventually(() => !Host.HasProc || Programs.StateOf(foreign._parent.Id) == 'T');
        return foreign;
    }

    public void CloseInput() => _parent.StandardInput.Close();

    public void Kill() => Native.Kill(Id, Native.SigKill);

    public void KillAndWaitUntilReaped()
    {
        Kill();
        Check.Eventually(() => !Programs.Exists(Id));
    }

    public void Dispose()
    {
        // The stopped parent first: until it is gone, the PID is that of the process.
        Kill();
        _parent.Kill();
        _parent.WaitForExit();
        _parent.Dispose();
    }
}
