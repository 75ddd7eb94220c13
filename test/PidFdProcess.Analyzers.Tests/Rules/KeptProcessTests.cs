using PidFdProcess.Analyzers.Rules;
using PidFdProcess.Analyzers.Tests.Support;
using PidFdProcess.CodeFixes;

namespace PidFdProcess.Analyzers.Tests.Rules;

/// <summary>PIDFD0005: a process that is looked up, kept and killed later.</summary>
[TestClass]
public sealed class KeptProcessTests
{
    private const string Kept = """
        using System.Collections.Generic;
        using System.Diagnostics;
        using System.Linq;
        using PidFdProcess;

        class Fields
        {
            private Process _one;
            private readonly Process _initial = Process.{|PIDFD0005:GetProcessById|}(1);
            private readonly List<Process> _many = new List<Process>();
            private Process[] _named;
            private Process Property { get; set; }
            private Process _neverKilled;

            void Find(int id)
            {
                _one = Process.{|PIDFD0005:GetProcessById|}(id);
                _many.Add(Process.{|PIDFD0005:GetProcessById|}(id));
                Property = Process.{|PIDFD0005:GetProcessById|}(id);
                _neverKilled = Process.{|PIDFD0001:GetProcessById|}(id);
                _named = Process.{|PIDFD0005:GetProcessesByName|}("a");
            }

            void Stop()
            {
                _one?.Kill();
                _initial.KillViaPidFd();
                foreach (Process p in _many) { p.Kill(); }
                Property.Kill(true);
                _named[0].Kill();
                _neverKilled.WaitForExit();
            }
        }

        class Stops
        {
            private Process _a, _b, _c, _d, _e;

            void Find()
            {
                _a = Process.{|PIDFD0005:GetProcessById|}(1);
                _b = Process.{|PIDFD0005:GetProcessById|}(1);
                _c = Process.{|PIDFD0005:GetProcessById|}(1);
                _d = Process.{|PIDFD0005:GetProcessById|}(1);
                _e = Process.{|PIDFD0001:GetProcessById|}(1);
            }

            void Stop(ProcessScope scope)
            {
                _a.StopViaPidFd(System.TimeSpan.Zero);
                _b.WaitForExitOrKillPidFd(System.TimeSpan.Zero, entireProcessTree: true);
                ProcessHandleRegistry.Default.Stop(_c, System.TimeSpan.Zero);
                scope.Add(_d);
                ProcessHandleRegistry.Default.Attach(_e);
            }
        }

        class Locals
        {
            void M(int id)
            {
                Process kept = Process.{|PIDFD0005:GetProcessById|}(id);
                kept.WaitForExit(1000);
                kept.Kill();
                Process first = Process.{|PIDFD0005:GetProcessesByName|}("a").FirstOrDefault();
                first.Kill();
                Process.{|PIDFD0001:GetProcessById|}(id).Kill();
                foreach (Process p in Process.{|PIDFD0005:GetProcessesByName|}("a")) { p.Kill(); }
                foreach (Process p in Process.{|PIDFD0005:GetProcessesByName|}("a").Where(x => x.Id > 1)) p.KillViaPidFd();
                foreach (Process p in Process.GetProcessesByName("a")) { p.Dispose(); }
                Process read = Process.{|PIDFD0001:GetProcessById|}(id);
                _ = read.ProcessName;
                _ = Process.GetProcessesByName("a").Length;
                Process here = Process.{|PIDFD0005:GetProcessById|}(id, ".");
                here.Kill();
                Process elsewhere = Process.GetProcessById(id, "elsewhere");
                elsewhere.Kill();
            }

            [StockProcessCalls]
            void Stock(int id) { Process kept = Process.GetProcessById(id); kept.Kill(); }
        }

        """;

    [TestMethod]
    public Task AKeptProcess_WithoutTheProperty_IsReported() => RuleTest.VerifyAsync<LookUpAnalyzer>(Kept);

    [TestMethod]
    public Task WithTheProperty_OnlyLookUpsByNameAreReported() => RuleTest.VerifyAsync<LookUpAnalyzer>(
        Kept.Replace("{|PIDFD0005:GetProcessById|}", "GetProcessById", StringComparison.Ordinal)
            .Replace("{|PIDFD0001:GetProcessById|}", "GetProcessById", StringComparison.Ordinal),
        dropIn: true);

    [TestMethod]
    public Task AKeptProcess_InATopLevelProgram_IsReported() => RuleTest.VerifyAsync<LookUpAnalyzer>("""
        // program
        using System.Diagnostics;
        Process kept = Process.{|PIDFD0005:GetProcessById|}(1);
        kept.WaitForExit();
        kept.Kill();
        """);

    [TestMethod]
    public Task TheFix_OfALookUp_OpensTheProcess() => RuleTest.VerifyFixAsync<LookUpAnalyzer, UseCounterpartCodeFix>(
        """
        using System.Diagnostics;
        class C
        {
            static void Race()
            {
                foreach (Process p in Process.{|PIDFD0005:GetProcessesByName|}("a")) p.Kill();
            }

            Process _p;
            Process[] _all;
            void A(int i) { _p = Process.{|PIDFD0005:GetProcessById|}(i, "."); _all = Process.{|PIDFD0005:GetProcessesByName|}("a"); }
            void B() { _p.Kill(); _all[0].Kill(); }
        }

        """,
        """
        using System.Diagnostics;
        using PidFdProcess;
        class C
        {
            static void Race()
            {
                foreach (Process p in ProcessHandleRegistry.Default.OpenByName("a")) p.Kill();
            }

            Process _p;
            Process[] _all;
            void A(int i) { _p = ProcessHandleRegistry.Default.Open(i); _all = ProcessHandleRegistry.Default.OpenByName("a"); }
            void B() { _p.Kill(); _all[0].Kill(); }
        }

        """);

    [TestMethod]
    public Task TheFix_OfALookUpOnThisMachine_DropsTheMachine() => RuleTest.VerifyFixAsync<LookUpAnalyzer, UseCounterpartCodeFix>(
        """
        using System.Diagnostics;
        using System.Linq;
        class C
        {
            void M(string name)
            {
                foreach (Process p in Process.{|PIDFD0005:GetProcessesByName|}(name, ".")) p.Kill();
                Process first = Process.{|PIDFD0005:GetProcessesByName|}(machineName: ".", processName: name).First(); // named
                first.Kill();
                Process[] all = ((Process.{|PIDFD0005:GetProcessesByName|}))(name, ".");
                all[0].Kill();
                Process one = ((Process.{|PIDFD0005:GetProcessById|}))(1, ".");
                one.Kill();
            }
        }

        """,
        """
        using System.Diagnostics;
        using System.Linq;
        using PidFdProcess;
        class C
        {
            void M(string name)
            {
                foreach (Process p in ProcessHandleRegistry.Default.OpenByName(name)) p.Kill();
                Process first = ProcessHandleRegistry.Default.OpenByName(processName: name).First(); // named
                first.Kill();
                Process[] all = ProcessHandleRegistry.Default.OpenByName(name);
                all[0].Kill();
                Process one = ProcessHandleRegistry.Default.Open(1);
                one.Kill();
            }
        }

        """);
}
