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
    public void TellsWhyTheCommandDoesNotRun(string command, int expected)
    {
        (int exitCode, string output, string error) = PidRunProcess.Run(command);
        Assert.AreEqual(expected, exitCode, error);
        Assert.AreEqual("", output);
        Assert.StartsWith($"PidRun: cannot run '{command}': {(expected == 126 ? "Permission denied" : "No such file")}", error);
        Assert.HasCount(1, error.TrimEnd().Split('\n'));
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("--bogus true")]
    [DataRow("--timeout x true")]
    [DataRow("--timeout -5 true")]
    [DataRow("--timeout")]
    [DataRow("--grace 1y true")]
    [DataRow("--timeout 1s --timeout 2s true")]
    [DataRow("--pid 1 true")]
    [DataRow("--pid 1 --tree")]
    [DataRow("--pid 1 --grace 1s")]
    [DataRow("--pid 0")]
    [DataRow("--pid 1,,2")]
    [DataRow("--pid 99999999999")]
    public void RefusesBadArgumentsInOneLine(string arguments)
    {
        (int exitCode, string output, string error) = PidRunProcess.Run(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.AreEqual(125, exitCode, error);
        Assert.AreEqual("", output);
        Assert.StartsWith("PidRun: ", error);
        Assert.HasCount(1, error.TrimEnd().Split('\n'));
    }

    [TestMethod]
    [DataRow("PATH=$PATH", 0, DisplayName = "not in the current directory")]
    [DataRow("PATH=$PWD:$PATH", 7, DisplayName = "in PATH, in order")]
    [DataRow("chmod -x uname; PATH=$PWD:$PATH", 0, DisplayName = "not what cannot be executed")]
    [DataRow("chmod -x uname; DOTNET=$(command -v dotnet); PATH=$PWD", 126, DisplayName = "unless there is no other")]
    public void FindsTheCommandAsAShellDoes(string setup, int expected)
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("pidrun");
        try
        {
            File.WriteAllText(Path.Combine(directory.FullName, "uname"), "#!/bin/sh\nexit 7\n");
            string script = $"cd {directory.FullName}; chmod +x uname; {setup}; exec ${{DOTNET:-dotnet}} exec '{PidRunProcess.Path}' uname";
            (int exitCode, _, string error) = PidRunProcess.Run("--plain", "sh", "-c", script);
            Assert.AreEqual(expected, exitCode, error);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}
