using System.ComponentModel;
using System.Diagnostics;
using System.Reflection;
using Microsoft.Win32.SafeHandles;
using PidFdProcess.Scopes;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Tree;

namespace PidFdProcess.Tests.Scope;

/// <summary>Starts of a scope through tools compared with stock starts.</summary>
[TestClass]
public sealed class ToolStartTests : IDisposable
{
    private const string Env = "/usr/bin/env";

    private readonly string _directory = Directory.CreateTempSubdirectory("tools").FullName;

    [TestMethod]
    [DataRow(true, false, false, "")]
    [DataRow(true, false, false, "/usr")]
    [DataRow(true, false, true, "/usr")]
    [DataRow(false, true, false, "/usr")]
    [DataRow(false, true, true, "/usr")]
    [DataRow(true, true, true, "")]
    public void TheEnvironment_IsThatOfAStockStart(bool killOnParentExit, bool newSession, bool hasOddNames, string directory)
    {
        if (hasOddNames)
        {
            RequireBash();
        }

        using ProcessScope scope = new(new ProcessScopeOptions { KillOnParentExit = killOnParentExit, NewSession = newSession });

        // First the variables that a shell changes, then those that it adds.
        AssertSame(("PWD", "/nowhere"), ("OLDPWD", "/old"), ("SHLVL", "7"), ("_", "/bin/it"), ("IFS", ","), ("OPTIND", "9"), ("PPID", "4"));
        AssertSame(("SHELLOPTS", "braceexpand:hashall"), ("BASHOPTS", "cmdhist"), ("BASH_ENV", "/no/such/file"), ("ENV", "/no/such/file"));
        AssertSame(("PWD", null), ("OLDPWD", null), ("SHLVL", null), ("_", null), ("IFS", null), ("OPTIND", null), ("PPID", null), ("a.b", null));
        AssertSame(("SHELLOPTS", null), ("BASHOPTS", null));
        AssertSame(("OPTIND", "x"));
        AssertSame(("OPTIND", ""));
        AssertSame();

        void AssertSame(params (string Name, string? Value)[] variables)
        {
            ProcessStartInfo info = new(Env) { RedirectStandardOutput = true, WorkingDirectory = directory };
            info.Environment.Clear();
            info.Environment["A_PLAIN"] = "1\n2";
            if (hasOddNames)
            {
                info.Environment["Logging:Level.x"] = "1";
                info.Environment["BASH_FUNC_f%%"] = "() {  echo   hi; }";
            }

            foreach ((string name, string? value) in variables)
            {
                info.Environment[name] = value;
            }

            using Process stock = Process.Start(info)!;
            string expected = Sorted(stock.StandardOutput.ReadToEnd());
            using Process process = scope.Start(info);
            Assert.AreEqual(expected, Sorted(process.StandardOutput.ReadToEnd()));
        }
    }

    /// <summary>The shell may be a bash, which obeys such options.</summary>
    [TestMethod]
    [DataRow("SHELLOPTS", "xtrace", true)]
    [DataRow("BASHOPTS", "extdebug", true)]
    [DataRow("SHELLOPTS", null, false)]
    [DataRow("a.b", null, false)]
    public void OptionsOfBash_DoNotActOnTheShellThatStartsTheProgram(string name, string? value, bool takesBash)
    {
        RequireBash();
        if (value is null && Environment.Version.Major < 9)
        {
            Assert.Inconclusive("Before .NET 9 a value of null is an empty variable.");
        }

        using ProcessScope scope = new(new ProcessScopeOptions { KillOnParentExit = true });
        ProcessStartInfo info = new("/bin/true") { RedirectStandardError = true };
        info.Environment[name] = value;
        using (Process process = scope.Start(info))
        {
            Assert.AreEqual(takesBash, process.StartInfo.ArgumentList.Contains("-p"));
            Assert.AreEqual("", process.StandardError.ReadToEnd());
        }

        using Process withoutBash = WithPath(["setpriv", "env"], () => scope.Start(info));
        CollectionAssert.Contains(withoutBash.StartInfo.ArgumentList, "/bin/sh");
    }

    /// <summary>The mode does not tell whether this caller may execute the file, so a search by the mode may end at a file of others.</summary>
    [TestMethod]
    public void AFileThatTheCallerMayNotExecute_IsNotFoundInPath()
    {
        const UnixFileMode Plain = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        string mine = Path.Combine(_directory, "tool");
        File.WriteAllText(mine, "");
        File.SetUnixFileMode(mine, Plain | UnixFileMode.OtherExecute);
        bool isRoot = Environment.IsPrivilegedProcess;
        Assert.AreEqual(isRoot ? mine : null, WithPath([], () => ProgramPath.FindInPath("tool")));
        File.SetUnixFileMode(mine, Plain);
        Assert.IsNull(WithPath([], () => ProgramPath.FindInPath("tool")));
        File.SetUnixFileMode(mine, Plain | UnixFileMode.UserExecute);
        Assert.AreEqual(mine, WithPath([], () => ProgramPath.FindInPath("tool")));
    }

    [TestMethod]
    public void AProgramInADirectoryWithAnEqualsSign_IsStarted()
    {
        string odd = Directory.CreateDirectory(Path.Combine(_directory, "a=b")).FullName;
        File.CreateSymbolicLink(Path.Combine(odd, "echo"), "/bin/echo");
        using ProcessScope scope = new(new ProcessScopeOptions { KillOnParentExit = true });
        using Process process = scope.Start(new ProcessStartInfo(Path.Combine(odd, "echo"), ["c=d"]) { RedirectStandardOutput = true });
        Assert.AreEqual("c=d\n", process.StandardOutput.ReadToEnd());
    }

    [TestMethod]
    [DataRow(true, false)]
    [DataRow(false, true)]
    [DataRow(false, false)]
    public void AStartInfoThatTheRuntimeRefuses_IsRefused_WithItsMessage(bool killOnParentExit, bool newSession)
    {
        ProcessStartInfo both = new("/bin/echo", "a");
        both.ArgumentList.Add("b");
        ProcessStartInfo encoded = new("/bin/echo") { StandardOutputEncoding = System.Text.Encoding.UTF8 };
        ProcessStartInfo[] wrong = [both, new ProcessStartInfo(), encoded];
        using ProcessScope scope = new(new ProcessScopeOptions { KillOnParentExit = killOnParentExit, NewSession = newSession });
        foreach (ProcessStartInfo info in wrong)
        {
            InvalidOperationException stock = Assert.ThrowsExactly<InvalidOperationException>(() => Process.Start(info));
            Assert.AreEqual(stock.Message, Assert.ThrowsExactly<InvalidOperationException>(() => scope.Start(info)).Message);
        }
    }

    [TestMethod]
    [DataRow(true, false)]
    [DataRow(false, true)]
    public void AStandardOutputHandle_IsThatOfTheProcess(bool killOnParentExit, bool newSession)
    {
        PropertyInfo property = PropertyOfDotNet11("StandardOutputHandle");
        string file = Path.Combine(_directory, "output");
        using ProcessScope scope = new(new ProcessScopeOptions { KillOnParentExit = killOnParentExit, NewSession = newSession });
        ProcessStartInfo info = new("/bin/echo", ["hello"]);
        using (SafeFileHandle handle = File.OpenHandle(file, FileMode.Create, FileAccess.Write))
        {
            property.SetValue(info, handle);
            using Process process = scope.Start(info);
            process.WaitForExitPidFd();
        }

        Assert.AreEqual("hello\n", File.ReadAllText(file));
    }

    [TestMethod]
    public void StartDetached_WithNewSession_KeepsThePid()
    {
        PropertyInfo property = PropertyOfDotNet11("StartDetached");
        using ProcessScope scope = new(new ProcessScopeOptions { NewSession = true });
        ProcessStartInfo info = new("/bin/sh", ["-c", "echo $$; read line"]) { RedirectStandardOutput = true, RedirectStandardInput = true };
        property.SetValue(info, true);
        using Process process = scope.Start(info);
        string id = process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture);
        Assert.AreEqual(id, process.StandardOutput.ReadLine());
        Assert.AreEqual(id, ProcessTable.FieldsOf(process.Id)![3]);
    }

    [TestMethod]
    public void KillOnParentExit_KeepsArgumentsEnvironmentAndDirectory()
    {
        using ProcessScope scope = new(new ProcessScopeOptions { KillOnParentExit = true, NewSession = true });
        ProcessStartInfo info = new("/usr/bin/env") { RedirectStandardOutput = true };
        info.Environment.Clear();
        info.Environment["A_PLAIN"] = "1 2";
        using (Process process = scope.Start(info))
        {
            Assert.AreEqual("A_PLAIN=1 2", process.StandardOutput.ReadToEnd().Trim());
        }

        string[] arguments = ["", "a b", "\"", "\\", "$x", "-n", "--", "'"];
        ProcessStartInfo listed = new("/bin/sh", ["-c", "pwd; for a; do echo \"[$a]\"; done", "sh", .. arguments])
        {
            RedirectStandardOutput = true,
            WorkingDirectory = "/usr",
        };
        using (Process process = scope.Start(listed))
        {
            string expected = string.Join('\n', ["/usr", .. arguments.Select(static argument => $"[{argument}]")]);
            Assert.AreEqual(expected, process.StandardOutput.ReadToEnd().TrimEnd('\n'));
        }

        ProcessStartInfo text = new("sh", "-c \"echo 'a  b' \\\"c\\\"\"") { RedirectStandardOutput = true };
        using (Process process = scope.Start(text))
        {
            Assert.AreEqual("a  b c", process.StandardOutput.ReadToEnd().Trim());
        }
    }

    [TestMethod]
    [DataRow(true, false, new string[0], "setpriv", "util-linux")]
    [DataRow(true, false, new[] { "setpriv" }, "env", "coreutils")]
    [DataRow(true, true, new[] { "setpriv", "env" }, "setsid", "util-linux")]
    [DataRow(false, true, new[] { "setpriv" }, "setsid", "util-linux")]
    [DataRow(true, false, new[] { "setpriv=busybox" }, "setpriv", "util-linux")]
    [DataRow(true, false, new[] { "setpriv=toybox" }, "setpriv", "util-linux")]
    [DataRow(true, false, new[] { "setpriv" }, "bash", "bash")]
    public void AMissingTool_IsNamed_WithItsPackage(bool killOnParentExit, bool newSession, string[] tools, string missing, string package)
    {
        using ProcessScope scope = new(new ProcessScopeOptions { KillOnParentExit = killOnParentExit, NewSession = newSession });
        ProcessStartInfo info = new("/bin/sh", ["-c", "exit 0"]);
        if (missing == "bash")
        {
            info.Environment["a.b"] = "a name that sh drops";
        }

        PlatformNotSupportedException e = WithPath(tools, () => Assert.ThrowsExactly<PlatformNotSupportedException>(() => scope.Start(info)));
        StringAssert.Contains(e.Message, $"program {missing} ");
        StringAssert.Contains(e.Message, package);
    }

    [TestMethod]
    public void AStartThroughTheShellOfTheDesktop_IsRefused()
    {
        using ProcessScope scope = new(new ProcessScopeOptions { KillOnParentExit = true });
        ProcessStartInfo info = new("/bin/true") { UseShellExecute = true };
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => scope.Start(info)).Message, "UseShellExecute");
    }

    [TestMethod]
    [DataRow("no-such-program")]
    [DataRow("/no/such/program")]
    public void AMissingProgram_IsReportedWithTheErrnoOfAStockStart(string program)
    {
        using ProcessScope scope = new(new ProcessScopeOptions { NewSession = true });
        Win32Exception stock = Assert.ThrowsExactly<Win32Exception>(() => Process.Start(program));
        Win32Exception e = Assert.ThrowsExactly<Win32Exception>(() => scope.Start(new ProcessStartInfo(program)));
        Assert.AreEqual(stock.NativeErrorCode, e.NativeErrorCode);
        StringAssert.Contains(e.Message, program);
    }

    [TestMethod]
    public void AProgramBesideThisProgram_IsFoundWithoutPath_AsByAStockStart()
    {
        using ProcessScope scope = new(new ProcessScopeOptions { NewSession = true });
        ProcessStartInfo info = new(Path.GetFileName(Environment.ProcessPath!), ["--version"]) { RedirectStandardOutput = true };
        using Process process = WithPath(["setsid"], () => scope.Start(info));
        Assert.AreEqual(Environment.ProcessPath, process.StartInfo.ArgumentList[0]);
    }

    [TestMethod]
    public void AnInterruptedStart_LeavesNoProcess()
    {
        using ProcessScope scope = new(new ProcessScopeOptions { KillOnParentExit = true });
        using MarkedTree tree = new(Shell.Info("exec sleep 1000"), info =>
        {
            Thread.CurrentThread.Interrupt();
            Assert.ThrowsExactly<ThreadInterruptedException>(() => scope.Start(info));
            return Process.Start("/bin/true");
        });

        // One thread starts both, so the interrupted start is over by now.
        using Process next = scope.Start(Shell.Info("exit 0"));
        tree.AssertNoSurvivor();
    }

    [TestMethod]
    public void TheSetsidOfBusyBox_IsTaken()
    {
        using ProcessScope scope = new(new ProcessScopeOptions { NewSession = true });
        ProcessStartInfo info = new("/bin/sh", ["-c", "exit 5"]);
        using Process process = WithPath(["setsid=busybox"], () => scope.Start(info));
        Assert.AreEqual("exited 5", process.WaitForExitStatusPidFd().ToString());
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static string Sorted(string environment) => string.Join('\n', environment.TrimEnd('\n').Split('\n').Order(StringComparer.Ordinal));

    private static void RequireBash()
    {
        if (!File.Exists("/usr/bin/bash") && !File.Exists("/bin/bash"))
        {
            Assert.Inconclusive("There is no bash(1).");
        }
    }

    private static PropertyInfo PropertyOfDotNet11(string name)
    {
        PropertyInfo? property = typeof(ProcessStartInfo).GetProperty(name);
        if (property is null)
        {
            Assert.Inconclusive("needs .NET 11");
        }

        return property;
    }

    /// <summary>Calls with a PATH that has only these tools. After an equals sign comes the name of the file that a link leads to.</summary>
    private T WithPath<T>(string[] tools, Func<T> call)
    {
        foreach (string[] parts in tools.Select(static tool => tool.Split('=')))
        {
            string path = Path.Combine(_directory, parts[0]);
            string real = new[] { "/usr/bin/", "/bin/" }.Select(directory => directory + parts[0]).FirstOrDefault(File.Exists) ?? "/bin/true";
            string target = parts.Length == 1 ? path : Path.Combine(_directory, parts[1]);
            File.Copy(real, target);
            if (target != path)
            {
                File.CreateSymbolicLink(path, target);
            }
        }

        string? before = Environment.GetEnvironmentVariable("PATH");
        try
        {
            Environment.SetEnvironmentVariable("PATH", _directory);
            return call();
        }
        finally
        {
            Environment.SetEnvironmentVariable("PATH", before);
        }
    }
}
