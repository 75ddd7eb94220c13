using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Mono.Unix.Native;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Samples;

/// <summary>The supervisor on a pseudo terminal of script(1).</summary>
[TestClass]
public sealed class SupervisorTerminalTests : IDisposable
{
    private const string TellsSignals = "trap 'echo INT' INT; trap 'echo TERM; exit 5' TERM";
    private const string CtrlC = "\u0003";
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);

    private readonly SupervisorFolder _folder = new();

    [TestMethod]
    public void CtrlC_StopsThePrograms_WithSigtermAlone()
    {
        TestProcesses.RequireSigint(Environment.ProcessId);
        _folder.AddShell("polite", $"exec 2>/dev/null; {TellsSignals}; echo ready; while :; do sleep 0.02; done");
        _folder.AddShell("parent", "sleep 1000 & wait");
        using Process script = StartOnTerminal($"'{_folder.SettingsFile}'");
        Task<string> output = script.StandardOutput.ReadToEndAsync();
        TestProcesses.WaitUntil(() => Log("polite") == "ready\n" && _folder.Living("parent").Count == 2, "the programs are ready");

        script.StandardInput.Write(CtrlC);
        script.StandardInput.Flush();

        Assert.IsTrue(script.WaitForExit(s_limit));
        Assert.AreEqual(0, script.ExitCode, output.Result);
        Assert.IsEmpty(_folder.Living());
        Assert.AreEqual("ready\nTERM\n", Log("polite"));
        Assert.MatchesRegex(new Regex(@"polite[^\n]*exited 5"), output.Result);

        // The cursor is shown again.
        int hidden = output.Result.LastIndexOf("\e[?25l", StringComparison.Ordinal);
        Assert.IsLessThan(output.Result.LastIndexOf("\e[?25h", StringComparison.Ordinal), hidden);
    }

    [TestMethod]
    public void TheTable_WithoutAFreeDescriptor_GoesOn()
    {
        if (!ToolRun.Exists("prlimit"))
        {
            Assert.Inconclusive("There is no prlimit(1), of util-linux.");
        }

        _folder.Add("steady", ["sleep", "1000"]);
        using Process script = StartOnTerminal($"'{_folder.SettingsFile}'");
        StringBuilder output = new();
        Task reading = ReadAsync(script.StandardOutput, output);
        TestProcesses.WaitUntil(() => Rows() > 0, "the table shows the program");
        int supervisor = ProcessTable.Ids().Single(id => ProcessTable.ParentOf(id) == script.Id);

        SetDescriptorLimit(supervisor, "3");
        int shown = Rows();
        TestProcesses.WaitUntil(() => Rows() > shown + 1, "the table is shown twice more");
        SetDescriptorLimit(supervisor, "1024");
        Assert.IsTrue(Native.Kill(supervisor, (int)Signum.SIGTERM));

        Assert.IsTrue(script.WaitForExit(s_limit));
        Assert.IsTrue(reading.Wait(s_limit));
        Assert.AreEqual(0, script.ExitCode, output.ToString());

        int Rows()
        {
            lock (output)
            {
                return Regex.Count(output.ToString(), @"steady.*Running");
            }
        }
    }

    [TestMethod]
    public void TheDemo_ShowsATable_AndLeavesNothing()
    {
        using Process script = StartOnTerminal("", ("Supervisor__RunFor", "00:00:03"), ("XDG_RUNTIME_DIR", _folder.Path), ("COLUMNS", "140"));
        string output = script.StandardOutput.ReadToEndAsync().WaitAsync(s_limit).GetAwaiter().GetResult();
        Assert.IsTrue(script.WaitForExit(s_limit));

        Assert.AreEqual(0, script.ExitCode, output);
        string text = Regex.Replace(output, @"\e\[[0-9;?]*[A-Za-z]", "");
        Assert.MatchesRegex(@"program[^\n]*PID[^\n]*state[^\n]*uptime[^\n]*restarts[^\n]*last exit[^\n]*CPU[^\n]*memory", text);
        Assert.MatchesRegex(@"steady[^\n]*\d+[^\n]*Running[^\n]*0:00:0\d[^\n]*%[^\n]*MiB", text);
        Assert.MatchesRegex(@"missing[^\n]*BackingOff[^\n]*exited 127", text);
        Assert.MatchesRegex(@"steady[^\n]*Ended[^\n]*killed by SIGTERM", text);
        Assert.DoesNotContain("started as process", text);
        Assert.IsTrue(File.Exists(_folder.File("supervisor-demo/state.json")));
    }

    public void Dispose() => _folder.Dispose();

    private static Process StartOnTerminal(string arguments, params (string Name, string Value)[] environment)
    {
        if (!File.Exists("/usr/bin/script"))
        {
            Assert.Inconclusive("There is no script(1), of util-linux.");
        }

        string command = $"stty cols 140; exec dotnet exec '{SupervisorProcess.Dll}' {arguments}";
        ProcessStartInfo start = new("/usr/bin/script", ["-qec", command, "/dev/null"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment["TERM"] = "xterm-256color";
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    private static void SetDescriptorLimit(int processId, string soft) =>
        ToolRun.SucceedAsync("prlimit", ["--pid", $"{processId}", $"--nofile={soft}:"]).GetAwaiter().GetResult();

    private static async Task ReadAsync(StreamReader reader, StringBuilder output)
    {
        char[] buffer = new char[4096];
        while (await reader.ReadAsync(buffer) is > 0 and var count)
        {
            lock (output)
            {
                output.Append(buffer, 0, count);
            }
        }
    }

    private string Log(string program) => File.Exists(_folder.File(program + ".log")) ? File.ReadAllText(_folder.File(program + ".log")) : "";
}
