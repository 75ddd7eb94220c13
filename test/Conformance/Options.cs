using PidFdProcess.Shared;

namespace PidFdProcess.Conformance;

/// <summary>The command line.</summary>
internal sealed class Options
{
    public const string Usage = """
        conformance [--shell PATH] [--only a,b] [--except a,b] [--may-skip a,b] [--expect-support TEXT]
                    [--expect-identity TEXT] [--descriptors-left N] [--results FILE --environment NAME] [--shares N] [--list]
        conformance --soak SECONDS [--hostile] [--seed N] [--threads N] [--shell PATH]

        --hostile              also soak in hosts that get in the way
        --may-skip a,b         a case that is skipped and is not one of these counts as failed
        --expect-support TEXT  fail unless the reason in Support starts with TEXT
        --expect-identity TEXT fail unless the reason for the way to identify processes in Support starts with TEXT
        --descriptors-left N   run the cases of --only with room for N more descriptors
        --shares N             also measure, of N exits each, how often the exit status and resource usage were there
        --results FILE         append a line: environment, kernel, runtime, passed, failed, skipped, skipped cases and why
        """;

    public string[] Only { get; private set; } = [];

    public string[] Except { get; private set; } = [];

    public string[]? MaySkip { get; private set; }

    public string? ExpectedSupport { get; private set; }

    public string? ExpectedIdentity { get; private set; }

    public int? DescriptorsLeft { get; private set; }

    public string? Results { get; private set; }

    public string EnvironmentName { get; private set; } = "unnamed";

    public int? Shares { get; private set; }

    public bool List { get; private set; }

    /// <summary>Gets whether the soak also has the operations and hosts that get in the way.</summary>
    public bool Hostile { get; private set; }

    /// <summary>Gets the host that this program is for a soak in another one.</summary>
    public string? Host { get; private set; }

    /// <summary>Gets the process that this program traces for a soak in another one.</summary>
    public int? Traced { get; private set; }

    /// <summary>Gets the command that this program is given by a case in another one, see <see cref="SecondProgram"/>.</summary>
    public string[]? Command { get; private set; }

    public int? SoakSeconds { get; private set; }

    public int Seed { get; private set; } = Random.Shared.Next();

    public int Threads { get; private set; } = 8;

    /// <exception cref="ArgumentException">An option is not known, or lacks its value.</exception>
    public static Options Parse(string[] arguments)
    {
        Options options = new();
        for (int i = 0; i < arguments.Length; i++)
        {
            string name = arguments[i];
            string Value() => ++i < arguments.Length ? arguments[i] : throw new ArgumentException($"{name} needs a value");
            switch (name)
            {
                case "--shell":
                    Shell.Path = Value();
                    break;
                case "--only":
                    options.Only = Names(Value());
                    break;
                case "--except":
                    options.Except = Names(Value());
                    break;
                case "--may-skip":
                    options.MaySkip = Names(Value());
                    break;
                case "--expect-support":
                    options.ExpectedSupport = Value();
                    break;
                case "--expect-identity":
                    options.ExpectedIdentity = Value();
                    break;
                case "--descriptors-left":
                    options.DescriptorsLeft = Parse(Value());
                    break;
                case "--shares":
                    options.Shares = Parse(Value());
                    break;
                case "--results":
                    options.Results = Value();
                    break;
                case "--environment":
                    options.EnvironmentName = Value();
                    break;
                case "--list":
                    options.List = true;
                    break;
                case "--soak":
                    options.SoakSeconds = Parse(Value());
                    break;
                case "--hostile":
                    options.Hostile = true;
                    break;
                case "--host":
                    options.Host = Value();
                    break;
                case "--trace":
                    options.Traced = Parse(Value());
                    break;
                case "--second":
                    options.Command = arguments[(i + 1)..];
                    return options;
                case "--seed":
                    options.Seed = Parse(Value());
                    break;
                case "--threads":
                    options.Threads = Parse(Value());
                    break;
                default:
                    throw new ArgumentException($"{name} is no option");
            }
        }

        return options;
    }

    private static int Parse(string number) => Conformance.Host.Parse(number);

    private static string[] Names(string list) => list.Split(',', StringSplitOptions.RemoveEmptyEntries);
}
