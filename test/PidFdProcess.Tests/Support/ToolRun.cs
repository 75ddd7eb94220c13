using System.Diagnostics;

namespace PidFdProcess.Tests.Support;

/// <summary>A finished run of a program, for tests that need more than one process.</summary>
internal sealed record ToolRun(int ExitCode, string Output, string Errors)
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(8);

    /// <summary>Gets the program that runs .NET programs. It is the one that runs this test, if DOTNET_HOST_PATH names it.</summary>
    public static string DotNet => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host ? host : "dotnet";

    /// <summary>Gets the full path of <see cref="DotNet"/>.</summary>
    public static string DotNetPath => PathOf(DotNet) ?? throw new FileNotFoundException(DotNet);

    /// <summary>Runs a program to its end.</summary>
    public static async Task<ToolRun> RunAsync(
        string program, string[] arguments, string? directory = null, IReadOnlyDictionary<string, string?>? environment = null)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            WorkingDirectory = directory ?? "",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string? value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync().WaitAsync(s_limit);
            return new ToolRun(process.ExitCode, await output.WaitAsync(s_limit), await errors.WaitAsync(s_limit));
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    /// <summary>Runs a program and fails the test, with all that it printed, unless it exits with 0.</summary>
    public static async Task<ToolRun> SucceedAsync(
        string program, string[] arguments, string? directory = null, IReadOnlyDictionary<string, string?>? environment = null)
    {
        ToolRun run = await RunAsync(program, arguments, directory, environment);
        Assert.AreEqual(0, run.ExitCode, $"{program} {string.Join(' ', arguments)}\n{run.Output}\n{run.Errors}");
        return run;
    }

    /// <summary>Whether a program is on the path.</summary>
    public static bool Exists(string program) => PathOf(program) is not null;

    private static string? PathOf(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator)
        .Select(directory => Path.Combine(directory, program))
        .FirstOrDefault(File.Exists);
}
