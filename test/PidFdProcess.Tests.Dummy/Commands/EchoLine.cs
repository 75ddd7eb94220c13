namespace PidFdProcess.Tests.Dummy.Commands;

/// <summary>A program with several threads, as each of this runtime. Prints "ready", and then the line that comes on its input.</summary>
internal static class EchoLine
{
    public static Task RunAsync() => Answers.OnOwnThread(() =>
    {
        Console.WriteLine("ready");
        Console.WriteLine(Console.ReadLine());
    });
}
