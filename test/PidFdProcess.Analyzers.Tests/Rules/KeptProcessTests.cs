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
                foreach (Process p in Process.GetProcessesByName("a")) { p.Kill(); }
                Process read = Process.{|PIDFD0001:GetProcessById|}(id);
                _ = read.ProcessName;
                _ = Process.GetProcessesByName("a").Length;
                Process elsewhere = Process.GetProcessById(id, "elsewhere");
                elsewhere.Kill();
            }

            [StockProcessCalls]
            void Stock(int id) { Process kept = Process.GetProcessById(id); kept.Kill(); }
        }

        """;

    [TestMethod]
    public Task WithoutTheProperty_ItIsReported() => RuleTest.VerifyAsync<LookUpAnalyzer>(Kept);

    [TestMethod]
    public Task WithTheProperty_OnlyLookUpsByNameAreReported() => RuleTest.VerifyAsync<LookUpAnalyzer>(
        Kept.Replace("{|PIDFD0005:GetProcessById|}", "GetProcessById", StringComparison.Ordinal)
            .Replace("{|PIDFD0001:GetProcessById|}", "GetProcessById", StringComparison.Ordinal),
        dropIn: true);

    [TestMethod]
    public Task InATopLevelProgram_ItIsReported() => RuleTest.VerifyAsync<LookUpAnalyzer>("""
        // program
        using System.Diagnostics;
        Process kept = Process.{|PIDFD0005:GetProcessById|}(1);
        kept.WaitForExit();
        kept.Kill();
        """);

    [TestMethod]
    public Task TheFix_OpensTheProcess() => RuleTest.VerifyFixAsync<LookUpAnalyzer, UseCounterpartCodeFix>(
        """
        using System.Diagnostics;
        class C
        {
            Process _p;
            Process[] _all;
            void A() { _p = Process.{|PIDFD0005:GetProcessById|}(1); _all = Process.{|PIDFD0005:GetProcessesByName|}("a"); }
            void B() { _p.Kill(); _all[0].Kill(); }
        }

        """,
        """
        using System.Diagnostics;
        using PidFdProcess;
        class C
        {
            Process _p;
            Process[] _all;
            void A() { _p = ProcessHandleRegistry.Default.Open(1); _all = ProcessHandleRegistry.Default.OpenByName("a"); }
            void B() { _p.Kill(); _all[0].Kill(); }
        }

        """);
}
