using System.Globalization;

namespace PidFdProcess.CodeFixes;

/// <summary>Translates the names of signals in <c>kill(1)</c> to C#.</summary>
internal static class SignalNames
{
    public const int Term = 15;
    public const int Kill = 9;
    public const int Max = 64;

    private static readonly Dictionary<string, int> s_numbers = new(StringComparer.OrdinalIgnoreCase)
    {
        ["HUP"] = 1,
        ["INT"] = 2,
        ["QUIT"] = 3,
        ["KILL"] = Kill,
        ["USR1"] = 10,
        ["USR2"] = 12,
        ["TERM"] = Term,
        ["CHLD"] = 17,
        ["CONT"] = 18,
        ["STOP"] = 19,
        ["TSTP"] = 20,
        ["TTIN"] = 21,
        ["TTOU"] = 22,
        ["WINCH"] = 28,
    };

    /// <summary>Reads the options before the PID on a command line of <c>kill(1)</c>.</summary>
    public static bool TryParseOptions(string options, out int signal)
    {
        string[] words = options.Split([' '], StringSplitOptions.RemoveEmptyEntries);
        if (words.Length > 0 && words[words.Length - 1] == "--")
        {
            words = [.. words.Take(words.Length - 1)];
        }

        signal = Term;
        return words switch
        {
            { Length: 0 } => true,
            { Length: 1 } when words[0].Length > 1 && words[0][0] == '-' => TryParse(words[0].Substring(1), out signal),
            { Length: 2 } when words[0] is "-s" or "-n" or "--signal" => TryParse(words[1], out signal),
            _ => false,
        };
    }

    /// <summary>Returns the signal as an expression. A signal without a name in every framework is written as a number.</summary>
    public static string Write(int signal, string type) => signal switch
    {
        1 or 2 or 3 or Term or 17 or 18 or 20 or 21 or 22 or 28 => $"{type}.SIG{s_numbers.First(pair => pair.Value == signal).Key}",
        _ => $"({type}){signal.ToString(CultureInfo.InvariantCulture)}",
    };

    private static bool TryParse(string text, out int signal)
    {
        string name = text.StartsWith("SIG", StringComparison.OrdinalIgnoreCase) ? text.Substring(3) : text;
        return s_numbers.TryGetValue(name, out signal)
            || (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out signal) && signal <= Max);
    }
}
