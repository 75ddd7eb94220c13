using System.CommandLine;

namespace PidRun;

/// <summary>The options that several commands have.</summary>
internal static class CommonOptions
{
    public static TimeSpan DefaultGrace { get; } = TimeSpan.FromSeconds(5);

    public static Option<TimeSpan?> Grace() => Duration("--grace", "Send SIGKILL so long after the first signal [default: 5s; 0: never]");

    public static Option<bool> Tree() => new("--tree") { Description = "Stop the descendants, too (timeout(1) signals its process group)" };

    public static Option<bool> Plain() => new("--plain") { Description = "No live view, for a command that draws on the whole terminal" };

    public static Option<TimeSpan?> Duration(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "10s",
        Arity = ArgumentArity.ExactlyOne,
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (!PidRun.Duration.TryParse(text, out TimeSpan duration))
            {
                result.AddError($"{name} '{text}' is not a duration: {PidRun.Duration.Expected}.");
            }

            return duration;
        },
    };
}
