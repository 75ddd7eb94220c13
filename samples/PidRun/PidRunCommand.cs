using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace PidRun;

/// <summary>The command line with its options, and the options that exclude each other.</summary>
internal sealed class PidRunCommand : RootCommand
{
    private static readonly TimeSpan s_defaultGrace = TimeSpan.FromSeconds(5);

    private readonly Option<TimeSpan?> _timeout = DurationOption(
        "--timeout", "Send SIGTERM after this time; for --pid: give up");
    private readonly Option<TimeSpan?> _grace = DurationOption(
        "--grace", "Send SIGKILL when the command is still there so long after the first signal [default: 5s; 0: never]");

    private readonly Option<bool> _tree = new("--tree")
    {
        Description = "Stop the descendants of the command, too (timeout(1) signals its process group)",
    };

    private readonly Option<bool> _plain = new("--plain") { Description = "No live view, for a command that draws on the whole terminal" };
    private readonly Option<int[]> _pids = new("--pid")
    {
        Description = "Wait for these processes, and print how each ended",
        HelpName = "N[,M...]",
        CustomParser = ParsePids,
    };

    private readonly Argument<string[]> _command = new("command")
    {
        Description = "The command and its arguments. What follows it belongs to it.",
        Arity = ArgumentArity.ZeroOrMore,
        CaptureRemainingTokens = true,
    };

    public PidRunCommand()
        : base("""
        Runs a command with a timeout, passes SIGHUP, SIGINT, SIGQUIT and SIGTERM on, and prints how it ended: PidRun [options] command [argument...]
        Or waits for processes that are not its children, and prints how they ended: PidRun --pid N[,M...] [--timeout 10s]

        Exits with the code of the command, 128+n if signal n killed it; 124 after a timeout, but 137 if it took SIGKILL;
        125 if PidRun fails, 126 if the command cannot be invoked, 127 if it is not found.
        """)
    {
        // [suggest] can be a command, too.
        Directives.Clear();
        Options.Add(_timeout);
        Options.Add(_grace);
        Options.Add(_tree);
        Options.Add(_plain);
        Options.Add(_pids);
        Arguments.Add(_command);
        SetAction((parsed, _) => RunAsync(parsed));
    }

    private async Task<int> RunAsync(ParseResult parsed)
    {
        string[] command = parsed.GetValue(_command) ?? [];
        int[] pids = parsed.GetValue(_pids) ?? [];
        if (FindConflict(command, pids, parsed) is { } conflict)
        {
            Report.Line($"{conflict} See --help.");
            return ExitCodes.Failed;
        }

        TimeSpan timeout = parsed.GetValue(_timeout) ?? Timeout.InfiniteTimeSpan;
        bool isPlain = parsed.GetValue(_plain);
        return pids.Length > 0
            ? await new PidWait(pids, timeout, isPlain).RunAsync()
            : await new CommandRun(command, timeout, parsed.GetValue(_grace) ?? s_defaultGrace, parsed.GetValue(_tree), isPlain).RunAsync();
    }

    private string? FindConflict(string[] command, int[] pids, ParseResult parsed) => (command, pids) switch
    {
        ([], []) => "Give a command, or --pid.",
        ([var name, ..], _) when name.StartsWith('-') => $"Unknown option '{name}'.",
        ([_, ..], [_, ..]) => "Give either a command or --pid, not both; several PIDs are written --pid 1,2.",
        ([], _) when parsed.GetValue(_tree) || parsed.GetValue(_grace) is not null =>
            "--tree and --grace are for a command: --pid only waits.",
        _ => null,
    };

    private static Option<TimeSpan?> DurationOption(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "10s",
        Arity = ArgumentArity.ExactlyOne,
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (!Duration.TryParse(text, out TimeSpan duration))
            {
                result.AddError($"{name} '{text}' is not a duration: {Duration.Expected}.");
            }

            return duration;
        },
    };

    private static int[] ParsePids(ArgumentResult result)
    {
        List<int> pids = [];
        foreach (string text in result.Tokens.SelectMany(token => token.Value.Split(',')))
        {
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int pid) && pid > 0)
            {
                pids.Add(pid);
            }
            else
            {
                result.AddError($"--pid '{text}' is not a PID.");
            }
        }

        return [.. pids.Distinct()];
    }
}
