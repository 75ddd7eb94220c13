using System.CommandLine;

namespace PidRun;

/// <summary><c>pidrun wait</c>: waits for processes that are not children, as waitpid(1) of util-linux does, and tells how they ended.</summary>
internal sealed class WaitCommand : Command
{
    private readonly Option<TimeSpan?> _timeout = CommonOptions.Duration("--timeout", "Give up after this time, with exit code 124");
    private readonly Option<bool> _plain = CommonOptions.Plain();
    private readonly Argument<string[]> _processes = ProcessName.Argument();

    public WaitCommand()
        : base("wait", "Waits for processes, and prints how each ended.")
    {
        Add(_timeout);
        Add(_plain);
        Add(_processes);
        SetAction((parsed, _) => new ProcessWait(
            parsed.GetValue(_processes)!, parsed.GetValue(_timeout) ?? Timeout.InfiniteTimeSpan, parsed.GetValue(_plain)).RunAsync());
    }
}
