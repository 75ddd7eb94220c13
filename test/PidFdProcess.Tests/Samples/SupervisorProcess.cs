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
    private bool _isDisposed;

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

    /// <summary>Starts a supervisor that strace(1) kills as soon as it renames a file, which is how the state file is replaced.</summary>
    public static SupervisorProcess StartKilledInItsFirstWrite(string settings)
    {
        if (!ToolRun.Exists("strace"))
        {
            Assert.Inconclusive("There is no strace(1).");
        }

        string[] options = ["-f", "-b", "execve", "-o", "/dev/null", "-e", "trace=/^rename", "-e", "inject=/^rename:signal=KILL"];
        return Start("strace", [.. options, "dotnet", "exec", Dll, settings]);
    }

    /// <summary>Starts a supervisor that may not signal processes of other users, although it is root.</summary>
    public static SupervisorProcess StartWithoutCapKill(string settings)
    {
        if (!ToolRun.Exists("setpriv") || !Environment.IsPrivilegedProcess)
        {
            Assert.Inconclusive("Only root can start programs of other users, by setpriv(1).");
        }

        return Start("setpriv", ["--bounding-set", "-kill", "--inh-caps", "-kill", "dotnet", "exec", Dll, settings]);
    }

    public static SupervisorProcess Start(string settings, params (string Name, string Value)[] environment) =>
        Start("dotnet", ["exec", Dll, settings], environment);

    /// <summary>Waits until a message contains the text that many times.</summary>
    public void WaitFor(string text, int times = 1) => WaitUntil(() => Count(text) >= times, text);

    /// <summary>Waits until the program has been started or adopted, and gets its PID.</summary>
    public int WaitForStart(string program)
    {
        WaitUntil(() => LastStart(program) is not null, $"{program} is started or adopted");
        return LastStart(program)!.Value;
    }

    /// <summary>Gets the PID of the last process of the program that was started or adopted.</summary>
    public int? LastStart(string program) =>
        Messages.Select(static message => StartMessage().Match(message)).LastOrDefault(match => match.Groups[1].Value == program) is { } last
            ? int.Parse(last.Groups[2].Value, CultureInfo.InvariantCulture)
            : null;

    /// <summary>Waits for a condition that this supervisor brings about, and fails with its messages.</summary>
    public void WaitUntil(Func<bool> condition, string what)
    {
        bool holds = false;
        try
        {
            TestProcesses.WaitUntil(() => (holds = condition()) || _reading.IsCompleted, what);
        }
        catch (TimeoutException e)
        {
            Assert.Fail($"{e.Message}\n{this}");
        }

        // Asked once more, because the supervisor may have brought it about just before its end.
        Assert.IsTrue(holds || condition(), $"The supervisor ended before: {what}\n{this}");
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
        if (!_isDisposed)
        {
            _isDisposed = true;
            _process.Kill();
            _process.WaitForExit();
            _process.Dispose();
        }
    }

    private static SupervisorProcess Start(string program, string[] arguments, params (string Name, string Value)[] environment)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        return new SupervisorProcess(Process.Start(start)!);
    }

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
