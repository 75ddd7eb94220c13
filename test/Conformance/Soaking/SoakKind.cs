namespace PidFdProcess.Conformance.Soaking;

/// <summary>A sort of process, made by the script of a shell.</summary>
/// <param name="Name">Its name in the output.</param>
/// <param name="Script">The script. CODE stands for an exit code.</param>
internal sealed record SoakKind(string Name, string Script)
{
    /// <summary>Gets whether the process exits with its code as soon as its input is closed.</summary>
    public bool ExitsOnCommand { get; init; }

    /// <summary>Gets how many lines say that it is ready.</summary>
    public int ReadyLines { get; init; }

    public bool IsRedirected => ExitsOnCommand || ReadyLines > 0;

    /// <summary>Gets whether its output is read by lines as they come. Waits without a limit also wait for their end.</summary>
    public bool IsReadByLines { get; init; }

    public bool IgnoresTerm { get; init; }

    public bool ExitsByItself { get; init; }

    /// <summary>Gets whether descendants hold the output open, and end with their input.</summary>
    public bool IsTree { get; init; }

    public bool IsNonChild { get; init; }

    /// <summary>Gets whether the parent of a non-child reaps it only when it is made to.</summary>
    public bool IsReapedLate { get; init; }

    public bool CanRestart => !IsRedirected && !IsNonChild;

    public static SoakKind Sleeper { get; } = new("sleeper", "exec sleep 1000");

    public static SoakKind NonChild { get; } =
        new("non-child", "exec 3<&0; ( read line <&3; exit CODE ) >/dev/null & echo $!; wait; echo reaped; exec sleep 1000")
        {
            ExitsOnCommand = true,
            IsNonChild = true,
        };

    public static SoakKind[] All { get; } =
    [
        Sleeper,
        new("quick", "exit CODE") { ExitsByItself = true },
        new("told", "read line; exit CODE") { ExitsOnCommand = true },
        new("by-lines", "echo 1; read line; echo 2; exit CODE") { ExitsOnCommand = true, IsReadByLines = true },
        new("stubborn", "trap '' TERM; echo ready; exec sleep 1000") { IgnoresTerm = true, ReadyLines = 1 },
        new("tree", "exec 3<&0; cat <&3 & sh -c 'cat <&3 & echo ready; exec cat <&3' & echo ready; exec sleep 1000")
        {
            IsTree = true,
            ReadyLines = 2,
        },
        NonChild,
        NonChild with
        {
            Name = "late",
            Script = "exec 3<&0; ( read line <&3; exit CODE ) >/dev/null & echo $!; kill -STOP $$; wait",
            IsReapedLate = true,
        },
    ];
}
