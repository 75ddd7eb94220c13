using PidFdProcess.Analyzers.Rules;
using PidFdProcess.Analyzers.Tests.Support;
using PidFdProcess.CodeFixes;

namespace PidFdProcess.Analyzers.Tests.Rules;

/// <summary>PIDFD0003: a signal by PID, in each way that programs send one, and the edit.</summary>
[TestClass]
public sealed class SignalByPidTests
{
    private const string Head = "using System.Diagnostics; using System.Runtime.InteropServices; using PidFdProcess;\n";

    private const string Native = """
        static class Native
        {
            [DllImport("libc")] public static extern int kill(int pid, int signal);
            [DllImport("libc", EntryPoint = "kill")] public static extern int Send(int pid, int signal);
            [DllImport("libc")] public static extern int getpgid(int pid);
        }
        """;

    [TestMethod]
    public Task PInvokes_AreReportedAndReplaced() => VerifyAsync(
        """
        void M(int signal, int unrelated)
        {
            Native.{|PIDFD0003:kill|}(p.Id, 15);
            Native.{|PIDFD0003:Send|}(p.Id, signal);
            Native.{|PIDFD0003:kill|}((int)p.Id, 9);
            _ = Native.{|PIDFD0003:kill|}(p.Id, 10);
            Native.{|PIDFD0003:kill|}(p.Id, signal | 1);
            Native.kill(unrelated, 15);
            Native.getpgid(p.Id);
        }
        """,
        """
        void M(int signal, int unrelated)
        {
            p.SignalViaPidFd(PosixSignal.SIGTERM);
            p.SignalViaPidFd((PosixSignal)signal);
            p.KillViaPidFd();
            _ = p.SignalViaPidFd((PosixSignal)10);
            p.SignalViaPidFd((PosixSignal)(signal | 1));
            Native.kill(unrelated, 15);
            Native.getpgid(p.Id);
        }
        """);

    [TestMethod]
    public Task ASignalWithoutAClearReplacement_IsReportedWithoutAnEdit() => VerifyAsync(
        """
        void M(int signal)
        {
            int result = Native.{|PIDFD0003:kill|}(p.Id, 15);
            if (Native.{|PIDFD0003:kill|}(p.Id, 2) == 0) { }
            if (Native.{|PIDFD0003:kill|}(p.Id, 2) != 0) { }
            bool failed = Native.{|PIDFD0003:kill|}(p.Id, signal) == -1;
            Native.{|PIDFD0003:kill|}(-p.Id, 15);
            int pid = p.Id;
            Native.{|PIDFD0003:kill|}(pid, 15);
            Process.{|PIDFD0003:Start|}("pkill", "name");
            Process.{|PIDFD0003:Start|}("/usr/bin/killall", ["name"]);
            Process.Start({|PIDFD0003:new ProcessStartInfo("kill", $"{p.Id}")|});
            Process.Start({|PIDFD0003:new ProcessStartInfo { FileName = "/bin/kill", Arguments = "-9 " + p.Id }|});
            Process.Start({|PIDFD0003:new ProcessStartInfo("kill") { ArgumentList = { p.Id.ToString() } }|});
            Process started = Process.{|PIDFD0003:Start|}("kill", $"{p.Id}");
            Process.{|PIDFD0003:Start|}("kill", $"{p.Id} {p.Id}");
        }
        """,
        null);

    [TestMethod]
    public Task AResultInAVariableNamedUnderscore_IsReportedWithoutAnEdit() =>
        VerifyAsync("void M() { int _; _ = Native.{|PIDFD0003:kill|}(p.Id, 15); }", null);

    [TestMethod]
    public Task AMethodFromWhichATypeIsInferred_IsReportedWithoutAnEdit() => VerifyAsync(
        "void M() { var inferred = p.{|PIDFD0003:Signal|}; object converted = p.{|PIDFD0003:Signal|}; }",
        null,
        net11: true);

    [TestMethod]
    public Task AHandle_IsReplacedOnlyIfItIsThatOfAProcess() => VerifyAsync(
        """
        class Own : Process { void M() { base.SafeHandle.{|PIDFD0003:Kill|}(); this.SafeHandle.{|PIDFD0003:Kill|}(); } }
        class Other { public SafeProcessHandle SafeHandle => null; }
        void M(Other other) { other.SafeHandle.{|PIDFD0003:Kill|}(); }
        """,
        """
        class Own : Process { void M() { this.KillViaPidFd(); this.KillViaPidFd(); } }
        class Other { public SafeProcessHandle SafeHandle => null; }
        void M(Other other) { other.SafeHandle.{|PIDFD0003:Kill|}(); }
        """,
        net11: true);

    [TestMethod]
    public Task ProgramsThatSendSignals_AreReportedAndReplaced() => VerifyAsync(
        """
        void M(string name)
        {
            Process.{|PIDFD0003:Start|}("kill", $"{p.Id}");
            Process.{|PIDFD0003:Start|}("kill", p.Id.ToString());
            Process.{|PIDFD0003:Start|}("/bin/kill", $"-9 {p.Id}");
            Process.{|PIDFD0003:Start|}("/usr/bin/kill", "-s INT " + p.Id);
            Process.{|PIDFD0003:Start|}("kill", ["-SIGUSR1", "--", p.Id.ToString()]);
            Process.{|PIDFD0003:Start|}("kill", new[] { "-HUP", $"{p.Id}" }).WaitForExit();
            Process.{|PIDFD0003:Start|}("kill", $"-QUIT {p.Id}")?.WaitForExit();
            Process.Start("kill", name);
            Process.Start("ps", $"{p.Id}");
        }
        """,
        """
        void M(string name)
        {
            p.SignalViaPidFd(PosixSignal.SIGTERM);
            p.SignalViaPidFd(PosixSignal.SIGTERM);
            p.KillViaPidFd();
            p.SignalViaPidFd(PosixSignal.SIGINT);
            p.SignalViaPidFd((PosixSignal)10);
            p.SignalViaPidFd(PosixSignal.SIGHUP);
            p.SignalViaPidFd(PosixSignal.SIGQUIT);
            Process.Start("kill", name);
            Process.Start("ps", $"{p.Id}");
        }
        """);

    [TestMethod]
    public Task MonosWrapper_IsReportedAndReplaced() => VerifyAsync(
        "void M() { Mono.Unix.Native.Syscall.{|PIDFD0003:kill|}(p.Id, Mono.Unix.Native.Signum.SIGTERM); }",
        "void M() { p.SignalViaPidFd(Mono.Unix.Native.Signum.SIGTERM); }");

    [TestMethod]
    public Task AMemberOfProcessItself_IsReportedAndReplaced() => RuleTest.VerifyFixAsync<SignalByPidAnalyzer, SignalViaPidFdCodeFix>(
        Head + "class Own : Process { void M() => Native.{|PIDFD0003:kill|}(Id, 15); }\n" + Native,
        Head + "class Own : Process { void M() => this.SignalViaPidFd(PosixSignal.SIGTERM); }\n" + Native);

    [TestMethod]
    public Task TheSignalsOfNet11_AreReportedAndReplaced() => VerifyAsync(
        """
        void M()
        {
            p.{|PIDFD0003:Signal|}(PosixSignal.SIGTERM);
            bool? sent = p?.{|PIDFD0003:Signal|}(PosixSignal.SIGKILL);
            Func<PosixSignal, bool> group = p.{|PIDFD0003:Signal|};
            Action<SafeProcessHandle> kill = h => new Func<PosixSignal, bool>(h.{|PIDFD0003:Signal|})(PosixSignal.SIGINT);
            _ = nameof(p.Signal);
            p.SafeHandle.{|PIDFD0003:Kill|}();
            bool alive = p.SafeHandle.{|PIDFD0003:Signal|}(PosixSignal.SIGINT);
        }
        """,
        """
        void M()
        {
            p.SignalViaPidFd(PosixSignal.SIGTERM);
            bool? sent = p?.SignalViaPidFd(PosixSignal.SIGKILL);
            Func<PosixSignal, bool> group = p.SignalViaPidFd;
            Action<SafeProcessHandle> kill = h => new Func<PosixSignal, bool>(h.{|PIDFD0003:Signal|})(PosixSignal.SIGINT);
            _ = nameof(p.Signal);
            p.KillViaPidFd();
            bool alive = p.SignalViaPidFd(PosixSignal.SIGINT);
        }
        """,
        net11: true);

    [TestMethod]
    public Task TheSignalsOfNet11_WithTheProperty_AreReportedWhereTheyAreNotRerouted() => VerifyAsync(
        """
        void M()
        {
            p.Signal(PosixSignal.SIGTERM);
            System.Linq.Expressions.Expression<Action> tree = () => p.{|PIDFD0003:Signal|}(PosixSignal.SIGTERM);
            Func<PosixSignal, bool> group = p.{|PIDFD0003:Signal|};
            ((p.{|PIDFD0003:Signal|}))(PosixSignal.SIGTERM);
            p.SafeHandle.{|PIDFD0003:Kill|}();
        }
        [StockProcessCalls] void Stock() => p.Signal(PosixSignal.SIGTERM);
        """,
        """
        void M()
        {
            p.Signal(PosixSignal.SIGTERM);
            System.Linq.Expressions.Expression<Action> tree = () => p.SignalViaPidFd(PosixSignal.SIGTERM);
            Func<PosixSignal, bool> group = p.SignalViaPidFd;
            ((p.{|PIDFD0003:Signal|}))(PosixSignal.SIGTERM);
            p.KillViaPidFd();
        }
        [StockProcessCalls] void Stock() => p.Signal(PosixSignal.SIGTERM);
        """,
        dropIn: true,
        net11: true);

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public Task CodeThatOptedOut_IsNotReported(bool dropIn) => RuleTest.VerifyAsync<SignalByPidAnalyzer>(
        Wrap("""
            [StockProcessCalls]
            void M()
            {
                Native.kill(p.Id, 15);
                Process.Start("kill", $"{p.Id}");
                Process.Start("pkill", "name");
                Process.Start(new ProcessStartInfo("kill", $"{p.Id}"));
                p.Signal(PosixSignal.SIGTERM);
                Func<PosixSignal, bool> group = p.Signal;
                p.SafeHandle.Kill();
            }
            """),
        dropIn,
        TestPlatform.Net11References);

    [TestMethod]
    [DataRow("p.Id", "SignalViaPidFd")]
    [DataRow("-p.Id", "SignalGroupViaPidFd")]
    [DataRow("-(int)p.Id", "SignalGroupViaPidFd")]
    [DataRow("(int)(-p.Id)", "SignalGroupViaPidFd")]
    public Task TheMessage_NamesTheCallForOneProcessOrForAGroup(string target, string replacement) =>
        RuleTest.VerifyMessageAsync<SignalByPidAnalyzer>(
            Wrap("void M() { Native.{|#0:kill|}(" + target + ", 15); }"),
            "PIDFD0003",
            $"'kill' signals any process that has the PID at that time. Use '{replacement}'.");

    private static Task VerifyAsync(string members, string? fixedMembers, bool dropIn = false, bool net11 = false) =>
        RuleTest.VerifyFixAsync<SignalByPidAnalyzer, SignalViaPidFdCodeFix>(
            Wrap(members), Wrap(fixedMembers ?? members), dropIn, net11 ? TestPlatform.Net11References : null);

    private static string Wrap(string members) => $$"""
        using System;
        using System.Diagnostics;
        using System.Runtime.InteropServices;
        using Microsoft.Win32.SafeHandles;
        using PidFdProcess;
        class C
        {
            Process p;
            {{members}}
        }
        {{Native}}
        """;
}
