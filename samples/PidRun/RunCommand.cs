using System.CommandLine;

namespace PidRun;

/// <summary><c>pidrun run</c>: a command with a timeout.</summary>
internal sealed class RunCommand : Command
{
    private readonly Option<TimeSpan?> _timeout = CommonOptions.Duration("--timeout", "Send SIGTERM after this time");
    private readonly Option<TimeSpan?> _grace = CommonOptions.Grace();
    private readonly Option<bool> _tree = CommonOptions.Tree();
    private readonly Option<bool> _plain = CommonOptions.Plain();
    private readonly Argument<string[]> _command = new("command")
    {
        Description = "The command and its arguments. What follows it belongs to it.",
        Arity = ArgumentArity.ZeroOrMore,
        CaptureRemainingTokens = true,
    };

    public RunCommand()
        : base("run", """
        Runs a command with a timeout, passes SIGHUP, SIGINT, SIGQUIT and SIGTERM on, and prints how it ended.

        Exits with the code of the command, or 128+n if signal n killed it. Exits with 124 after a timeout, but with 137 if the command took SIGKILL.
        """)
    {
        Add(_timeout);
        Add(_grace);
        Add(_tree);
        Add(_plain);
        Add(_command);
        SetAction((parsed, _) => RunAsync(parsed));
    }

    private async Task<int> RunAsync(ParseResult parsed)
    {
        string[] command = parsed.GetValue(_command) ?? [];
        if (command is [] or [['-', ..], ..])
        {
            Report.Line($"{(command.Length == 0 ? "Give a command." : $"Unknown option '{command[0]}'.")} See --help.");
            return ExitCodes.Failed;
        }

        TimeSpan timeout = parsed.GetValue(_timeout) ?? Timeout.InfiniteTimeSpan;
        TimeSpan grace = parsed.GetValue(_grace) ?? CommonOptions.DefaultGrace;
        return await new CommandRun(command, timeout, grace, parsed.GetValue(_tree), parsed.GetValue(_plain)).RunAsync();
    }
}
