namespace PidFdProcess.Tests.Samples;

/// <summary>Commands that PidRun cannot run, and the reasons that it prints.</summary>
[TestClass]
public sealed class PidRunFailureTests
{
    [TestMethod]
    [DataRow("/etc/passwd", 126)]
    [DataRow("/", 126)]
    [DataRow("/nowhere/at-all", 127)]
    [DataRow("no-such-command-here", 127)]
    [DataRow("", 127)]
    public void ACommandThatCannotRun_IsReportedWithTheReason(string command, int expected)
    {
        (int exitCode, string output, string error) = PidRunProcess.Run("run", command);
        Assert.AreEqual(expected, exitCode, error);
        Assert.AreEqual("", output);
        Assert.StartsWith($"pidrun: cannot run '{command}': {(expected == 126 ? "Permission denied" : "No such file")}", error);
        Assert.HasCount(1, error.TrimEnd().Split('\n'));
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("true")]
    [DataRow("run")]
    [DataRow("run --bogus true")]
    [DataRow("run --timeout x true")]
    [DataRow("run --timeout -5 true")]
    [DataRow("run --timeout")]
    [DataRow("run --grace 1y true")]
    [DataRow("run --timeout 1s --timeout 2s true")]
    [DataRow("wait")]
    [DataRow("wait 1 true")]
    [DataRow("wait 1 --tree")]
    [DataRow("wait 1 --grace 1s")]
    [DataRow("wait 0")]
    [DataRow("wait 1,2")]
    [DataRow("wait 99999999999")]
    [DataRow("stop 1:x")]
    [DataRow("stop --grace 1y 1")]
    [DataRow("id")]
    [DataRow("tree -- -1")]
    public void BadArguments_AreRefusedInOneLine(string arguments)
    {
        (int exitCode, string output, string error) = PidRunProcess.Run(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.AreEqual(125, exitCode, error);
        Assert.AreEqual("", output);
        Assert.StartsWith("pidrun: ", error);
        Assert.HasCount(1, error.TrimEnd().Split('\n'));
    }

    [TestMethod]
    [DataRow("PATH=$PATH", 0, DisplayName = "not in the current directory")]
    [DataRow("PATH=$PWD:$PATH", 7, DisplayName = "in PATH, in order")]
    [DataRow("chmod -x uname; PATH=$PWD:$PATH", 0, DisplayName = "not what cannot be executed")]
    [DataRow("chmod -x uname; DOTNET=$(command -v dotnet); PATH=$PWD", 126, DisplayName = "unless there is no other")]
    public void ACommandWithoutAPath_IsFoundAsByAShell(string setup, int expected)
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("pidrun");
        try
        {
            File.WriteAllText(Path.Combine(directory.FullName, "uname"), "#!/bin/sh\nexit 7\n");
            string script = $"cd {directory.FullName}; chmod +x uname; {setup}; exec ${{DOTNET:-dotnet}} exec '{PidRunProcess.Path}' run uname";
            (int exitCode, _, string error) = PidRunProcess.Run("run", "--plain", "sh", "-c", script);
            Assert.AreEqual(expected, exitCode, error);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}
