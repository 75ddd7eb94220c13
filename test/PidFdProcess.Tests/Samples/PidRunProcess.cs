using System.Diagnostics;
using System.Globalization;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Samples;

/// <summary>PidRun as a process, its output redirected.</summary>
internal sealed class PidRunProcess : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);

    private readonly Process _process;
    private readonly Task<string> _error;

    private PidRunProcess(Process process)
    {
        _process = process;
        _error = process.StandardError.ReadToEndAsync();
    }

    public static string Path { get; } = SampleFiles.Dll("PidRun");

    public int Id => _process.Id;

    private string FdInfo => string.Create(CultureInfo.InvariantCulture, $"/proc/{Id}/fdinfo");

    /// <summary>Runs PidRun to its end.</summary>
    public static (int ExitCode, string Output, string Error) Run(params string[] arguments)
    {
        using PidRunProcess run = Start(arguments);
        return run.WaitForExit();
    }

    public static PidRunProcess Start(params string[] arguments) => Start("dotnet", ["exec", Path, .. arguments]);

    /// <summary>Runs PidRun under a pseudo terminal of script(1). Output is the text that the terminal got.</summary>
    public static (int ExitCode, string Output, string Error) RunOnTerminal(string arguments)
    {
        if (!File.Exists("/usr/bin/script"))
        {
            Assert.Inconclusive("There is no script(1), of util-linux.");
        }

        using PidRunProcess run = Start("/usr/bin/script", ["-qec", $"exec dotnet exec '{Path}' {arguments}", "/dev/null"]);
        return run.WaitForExit();
    }

    /// <summary>Reads a line of stdout.</summary>
    public string ReadLine() =>
        _process.StandardOutput.ReadLineAsync().WaitAsync(s_limit).GetAwaiter().GetResult()
        ?? throw new EndOfStreamException(_error.Result);

    public void WriteInput(string text)
    {
        _process.StandardInput.Write(text);
        _process.StandardInput.Close();
    }

    /// <summary>Sends PidRun a signal.</summary>
    public void Signal(string name)
    {
        using Process kill = Process.Start("/bin/kill", ["-" + name, Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    /// <summary>Waits until PidRun has a pidfd of the process.</summary>
    public void WaitForPidFdOf(int processId) => TestProcesses.WaitUntil(
        () => Directory.EnumerateFiles(FdInfo).Any(path => IsPidFdOf(path, processId)), "PidRun has opened the pidfd");

    /// <summary>Waits until PidRun waits for a process. It has read the name of that process before.</summary>
    public void WaitUntilItWaits() => TestProcesses.WaitUntil(() => ResourceCounts.EventLoopThreadsOf(Id) > 0, "PidRun waits");

    /// <summary>Waits for the end and for the rest of the output.</summary>
    public (int ExitCode, string Output, string Error) WaitForExit()
    {
        string output = _process.StandardOutput.ReadToEndAsync().WaitAsync(s_limit).GetAwaiter().GetResult();
        string error = _error.WaitAsync(s_limit).GetAwaiter().GetResult();
        Assert.IsTrue(_process.WaitForExit(s_limit));
        return (_process.ExitCode, output, error);
    }

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    private static PidRunProcess Start(string file, string[] arguments)
    {
        ProcessStartInfo start = new(file, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["TERM"] = "xterm-256color";
        return new PidRunProcess(Process.Start(start)!);
    }

    private static bool IsPidFdOf(string path, int processId)
    {
        try
        {
            return File.ReadLines(path).Contains(string.Create(CultureInfo.InvariantCulture, $"Pid:\t{processId}"));
        }
        catch (IOException)
        {
            // Another thread has closed it.
            return false;
        }
    }
}
