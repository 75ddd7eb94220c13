namespace PidFdProcess.Benchmarks.Measuring;

/// <summary>The names of those who take part.</summary>
internal static class Contender
{
    public const string Stock = "stock";
    public const string PidFd = "pidfd";
    public const string PidFdChild = "pidfd, children";
    public const string Inline = "pidfd inline";
    public const string Floor = "same work in C";
    public const string Raw = "raw call";
}
