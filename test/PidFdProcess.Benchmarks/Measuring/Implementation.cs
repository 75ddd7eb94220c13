namespace PidFdProcess.Benchmarks.Measuring;

/// <summary>The names of the implementations that are compared.</summary>
internal static class Implementation
{
    public const string Stock = "stock";
    public const string PidFd = "pidfd";
    public const string PidFdChild = "pidfd, children";
    public const string Inline = "pidfd inline";
    public const string Floor = "same work in C";
    public const string Raw = "raw call";
}
