using System.Diagnostics;
using System.Globalization;
using PidFdProcess.Shared;

namespace PidFdProcess.Tests.Samples;

[TestClass]
public sealed class QuickStartTests
{
    [TestMethod]
    public void TheTour_ShowsTheRoutesAndTheSurvivor()
    {
        (int code, string output, string error) = Run([]);

        Assert.AreEqual(0, code, error);
        StringAssert.Contains(output, "pidfds work");
        StringAssert.Contains(output, "route: PidFd; how it ended: exited 3");
        StringAssert.Contains(output, "route: PidFd; how it ended: killed by SIGKILL");
        Assert.IsFalse(output.Contains('\u001b', StringComparison.Ordinal), "Redirected output has no escape codes.");
        if (output.Contains("not shown", StringComparison.OrdinalIgnoreCase))
        {
            Assert.Inconclusive("No PID could be forced here: " + output);
        }

        StringAssert.Contains(output, "Kill(); the innocent process with its PID: was killed");
        StringAssert.Contains(output, "KillViaPidFd(); the innocent process with its PID: lives");
    }

    [TestMethod]
    public void TheOperatorsSwitch_ShowsTheStockRoute()
    {
        (int code, string output, string error) = Run([], ("PIDFDPROCESS_DISABLED", "1"));

        Assert.AreEqual(0, code, error);
        StringAssert.Contains(output, "disabled by the environment variable PIDFDPROCESS_DISABLED");
        StringAssert.Contains(output, "route: Stock; how it ended: exited 3");
        Assert.IsFalse(output.Contains("route: PidFd", StringComparison.Ordinal), output);
    }

    [TestMethod]
    public async Task AProcessOfTheUsers_IsReportedWhenItExits()
    {
        using NonChildProcess nonChild = NonChildProcess.StartUnreaped("exec sleep 1000");
        using Process sample = Start(["--pid", nonChild.Id.ToString(CultureInfo.InvariantCulture)]);
        StringAssert.Contains(await sample.StandardOutput.ReadLineAsync(), "PidFd");

        nonChild.Signal(Mono.Unix.Native.Signum.SIGTERM);

        StringAssert.Contains(await sample.StandardOutput.ReadToEndAsync(), $"Process {nonChild.Id}: killed by SIGTERM");
        await sample.WaitForExitAsync();
        Assert.AreEqual(0, sample.ExitCode);
    }

    [TestMethod]
    [DataRow("0")]
    [DataRow("-1")]
    [DataRow("sleep")]
    [DataRow("99999999")]
    public void ABadPid_IsReportedInOneLine(string id)
    {
        (int code, string output, string error) = Run(["--pid", id]);

        Assert.AreEqual(1, code);
        Assert.AreEqual("", output);
        Assert.HasCount(1, error.Trim().Split('\n'));
        StringAssert.Contains(error, id);
    }

    private static (int Code, string Output, string Error) Run(string[] arguments, params (string Name, string Value)[] environment)
    {
        using Process sample = Start(arguments, environment);
        Task<string> error = sample.StandardError.ReadToEndAsync();
        string output = sample.StandardOutput.ReadToEnd();
        sample.WaitForExit();
        return (sample.ExitCode, output, error.Result);
    }

    private static Process Start(string[] arguments, params (string Name, string Value)[] environment)
    {
        ProcessStartInfo start = new("dotnet", ["exec", SampleFiles.Dll("QuickStart"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }
}
