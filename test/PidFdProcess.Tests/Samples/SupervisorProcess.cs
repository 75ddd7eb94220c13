using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Mono.Unix.Native;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Samples;

/// <summary>The Supervisor sample as a process, its logs redirected.</summary>
internal sealed partial class SupervisorProcess : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);

    private readonly Process _process;
    private readonly List<string> _messages = [];
    private readonly Task _reading;
    private readonly Task<string> _error;

    private SupervisorProcess(Process process)
    {
        _process = process;
        _error = process.StandardError.ReadToEndAsync();
        _reading = Task.Run(ReadAsync);
    }

    public static string Dll { get; } = SampleFiles.Dll("Supervisor");

    public int Id => _process.Id;

    /// <summary>Gets the messages that have been logged.</summary>
    public string[] Messages
    {
        get
        {
            lock (_messages)
            {
                return [.. _messages];
            }
        }
    }

    public static SupervisorProcess Start(string? settings, params (string Name, string Value)[] environment)
    {
        ProcessStartInfo start = new("dotnet", ["exec", Dll])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (settings is not null)
        {
            start.ArgumentList.Add(settings);
        }

        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        return new SupervisorProcess(Process.Start(start)!);
    }

    /// <summary>Waits until a message contains the text that many times.</summary>
    public void WaitFor(string text, int times = 1)
    {
        try
        {
            TestProcesses.WaitUntil(() => Count(text) >= times || _reading.IsCompleted, text);
        }
        catch (TimeoutException e)
        {
            Assert.Fail($"{e.Message}\n{this}");
        }

        Assert.IsGreaterThanOrEqualTo(times, Count(text), $"The supervisor ended without \"{text}\".\n{this}");
    }

    /// <summary>Waits until the program has been started or adopted, and gets its PID.</summary>
    public int WaitForStart(string program)
    {
        WaitFor($"{program}: started as process ", or: $"{program}: adopted process ");
        string message = Messages.Last(message => StartMessage().Match(message) is { Success: true } match && match.Groups[1].Value == program);
        return int.Parse(StartMessage().Match(message).Groups[2].Value, CultureInfo.InvariantCulture);
    }

    public int Count(string text) => Messages.Count(message => message.Contains(text, StringComparison.Ordinal));

    public void Signal(Signum signal) => _process.SignalViaPidFd(signal);

    /// <summary>Sends SIGKILL and waits for the end.</summary>
    public void Crash()
    {
        Signal(Signum.SIGKILL);
        Assert.IsTrue(_process.WaitForExit(s_limit));
    }

    /// <summary>Waits for the end and the rest of the messages.</summary>
    public (int ExitCode, string Error) WaitForExit()
    {
        Assert.IsTrue(_process.WaitForExit(s_limit), ToString());
        Assert.IsTrue(_reading.Wait(s_limit), "A program has the output of the supervisor.");
        return (_process.ExitCode, _error.Result);
    }

    public override string ToString() =>
        $"{string.Join('\n', Messages)}\n{(_error.IsCompleted ? _error.Result : "")}";

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private void WaitFor(string text, string or) => TestProcesses.WaitUntil(
        () => Count(text) + Count(or) > 0 || (_reading.IsCompleted ? throw new InvalidOperationException($"No \"{text}\".\n{this}") : false),
        text);

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            string message = line.StartsWith('{') ? JsonDocument.Parse(line).RootElement.GetProperty("Message").GetString()! : line;
            lock (_messages)
            {
                _messages.Add(message);
            }
        }
    }

    [GeneratedRegex(@"^(\w+): (?:started as|adopted) process (\d+)$")]
    private static partial Regex StartMessage();
}
