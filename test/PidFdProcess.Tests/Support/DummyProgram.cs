namespace PidFdProcess.Tests.Support;

/// <summary>Runs commands of test/PidFdProcess.Tests.Dummy, for tests that need a process of their own.</summary>
internal static class DummyProgram
{
    /// <summary>Gets the words that start a command, for a command line of another program.</summary>
    public static string[] Start => [ToolRun.DotNet, "exec", Path];

    private static string Path
    {
        get
        {
            string path = System.IO.Path.Combine(AppContext.BaseDirectory, "PidFdProcess.Tests.Dummy.dll");
            if (!File.Exists(path))
            {
                Assert.Inconclusive("PidFdProcess.Tests.Dummy was not published with the tests.");
            }

            return path;
        }
    }

    /// <summary>Runs a command. Fails the test, with all that the command printed, unless it exits with 0.</summary>
    public static Task<ToolRun> SucceedAsync(string[] command, params (string Name, string? Value)[] environment) =>
        ToolRun.SucceedAsync(Start[0], [.. Start[1..], .. command], environment: environment.ToDictionary(each => each.Name, each => each.Value));
}
