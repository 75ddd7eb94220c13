using System.Diagnostics;
using System.Text;
using Mono.Unix.Native;
using PidFdProcess.Shared;

namespace PidFdProcess.Tests.Package;

/// <summary>A recipe of the package's README as a process, whose lines are read as they come.</summary>
internal sealed class RecipeRun : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);

    private readonly Process _process;
    private readonly StringBuilder _output = new();

    public RecipeRun(string host, string[] arguments)
    {
        ProcessStartInfo start = new(host, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment[PidFdSupport.DisabledVariable] = null;
        _process = Process.Start(start)!;
    }

    /// <summary>Gets the PID of the recipe.</summary>
    public int Id => _process.Id;

    /// <summary>Reads until a line is as asked for, and returns it.</summary>
    public async Task<string> ReadUntilAsync(Predicate<string> isExpected)
    {
        using CancellationTokenSource limit = new(s_limit);
        while (await _process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
        {
            _output.AppendLine(line);
            if (isExpected(line))
            {
                return line;
            }
        }

        throw new AssertFailedException($"The output has ended without the expected line: {_output}");
    }

    /// <summary>Reads the next line that is a PID.</summary>
    public async Task<int> ReadPidAsync() =>
        int.Parse(await ReadUntilAsync(static line => int.TryParse(line, out _)), System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Sends the signal to the recipe alone, as kill(1) does.</summary>
    public void Signal(Signum signal) => Native.Kill(_process.Id, (int)signal);

    /// <summary>Ends its input.</summary>
    public void CloseInput() => _process.StandardInput.Close();

    /// <summary>Waits for the exit, not for descendants that hold the pipe, and returns the output up to the expected last line.</summary>
    public async Task<string> ReadToExitAsync(Predicate<string> isLast)
    {
        await ReadUntilAsync(isLast);
        return AssertExited();
    }

    /// <summary>Waits for the end of the output and for the exit.</summary>
    public async Task<string> ReadToExitAsync()
    {
        _output.Append(await _process.StandardOutput.ReadToEndAsync().WaitAsync(s_limit));
        return AssertExited();
    }

    /// <summary>Waits for the exit of a recipe that a signal ends.</summary>
    public async Task WaitForExitAsync()
    {
        using CancellationTokenSource limit = new(s_limit);
        await _process.WaitForExitAsync(limit.Token);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    private string AssertExited()
    {
        Assert.IsTrue(_process.WaitForExit(s_limit), $"The recipe does not end: {_output}");
        Assert.AreEqual(0, _process.ExitCode, _output.ToString());
        return _output.ToString();
    }
}
