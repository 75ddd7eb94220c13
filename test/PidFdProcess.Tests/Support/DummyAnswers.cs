namespace PidFdProcess.Tests.Support;

/// <summary>The output of a command of the dummy. Each line has the name of a call and its answer.</summary>
internal sealed class DummyAnswers
{
    private const string Separator = " -> ";

    private readonly string _text;
    private readonly Dictionary<string, string> _answers = [];

    private DummyAnswers(string text)
    {
        _text = text;
        foreach (string line in text.Split('\n').Where(static line => line.Contains(Separator, StringComparison.Ordinal)))
        {
            int end = line.IndexOf(Separator, StringComparison.Ordinal);
            _answers[line[..end]] = line[(end + Separator.Length)..];
        }
    }

    public string this[string name] =>
        _answers.TryGetValue(name, out string? answer) ? answer : throw new AssertFailedException($"no answer of {name}\n{_text}");

    public static async Task<DummyAnswers> OfAsync(params string[] command) => new((await DummyProgram.SucceedAsync(command)).Output);

    /// <summary>Fails the test, with all that the command printed, unless each call has the answer.</summary>
    public void Expect(params (string Name, string Answer)[] expected)
    {
        IEnumerable<string> faults = expected
            .Where(each => this[each.Name] != each.Answer)
            .Select(each => $"{each.Name}: {this[each.Name]} instead of {each.Answer}");
        Assert.IsFalse(faults.Any(), $"{string.Join('\n', faults)}\n\n{_text}");
    }

    /// <summary>Gives up the test as inconclusive if the command said why it could not do its work.</summary>
    public void InconclusiveIf(string name)
    {
        if (_answers.TryGetValue(name, out string? reason))
        {
            Assert.Inconclusive($"{name}: {reason}");
        }
    }
}
