using PidFdProcess.Analyzers.Rules;
using PidFdProcess.Analyzers.Tests.Support;
using PidFdProcess.CodeFixes;

namespace PidFdProcess.Analyzers.Tests.Rules;

/// <summary>The edits of PIDFD0001 and PIDFD0002 compile and are what a person would have written.</summary>
[TestClass]
public sealed class CounterpartFixTests
{
    [TestMethod]
    public Task EveryCall_IsReplaced() => VerifyAsync(
        """
        // program
        using System;
        using System.Diagnostics;

        Process p = Process.Start("true");
        p.{|PIDFD0001:Kill|}();
        p.{|PIDFD0001:Kill|}(entireProcessTree: true);
        p?.{|PIDFD0001:Kill|}();
        p.{|PIDFD0001:WaitForExit|}(); // a comment
        p. /* a */ {|PIDFD0001:WaitForExit|} /* b */ (milliseconds: 1);
        p.{|PIDFD0001:WaitForExit|}(TimeSpan.Zero);
        await p.{|PIDFD0001:WaitForExitAsync|}();
        p.{|PIDFD0001:Start|}();
        Process.{|PIDFD0001:GetProcessById|}(processId: 1).{|PIDFD0001:Kill|}();
        Process q = System.Diagnostics.Process.{|PIDFD0001:GetProcessById|}(1);
        Process.{|PIDFD0001:GetProcessById|}(1, ".").{|PIDFD0001:Kill|}();
        Process.{|PIDFD0001:GetProcessById|}(machineName: ".", processId: 1); // named
        if (p.{|PIDFD0001:HasExited|} && p?.{|PIDFD0001:HasExited|} == true) { }

        """,
        """
        // program
        using System;
        using System.Diagnostics;
        using PidFdProcess;

        Process p = Process.Start("true");
        p.KillViaPidFd();
        p.KillViaPidFd(entireProcessTree: true);
        p?.KillViaPidFd();
        p.WaitForExitPidFd(); // a comment
        p. /* a */ WaitForExitPidFd /* b */ (milliseconds: 1);
        p.WaitForExitPidFd(TimeSpan.Zero);
        await p.WaitForExitPidFdAsync();
        p.StartWithPidFd();
        ProcessHandleRegistry.Default.Open(processId: 1).KillViaPidFd();
        Process q = ProcessHandleRegistry.Default.Open(1);
        ProcessHandleRegistry.Default.Open(1).KillViaPidFd();
        ProcessHandleRegistry.Default.Open(processId: 1); // named
        if (p.HasExitedPidFd() && p?.HasExitedPidFd() == true) { }

        """);

    [TestMethod]
    [DataRow(false, "PIDFD0001")]
    [DataRow(true, "PIDFD0002")]
    public Task MethodGroupsExpressionTreesAndHasExited_AreReplaced(bool dropIn, string id) => VerifyAsync(
        $$"""
        using System;
        using System.Diagnostics;
        using System.Linq.Expressions;

        class C
        {
            bool M(Process p)
            {
                Action group = p.{|{{id}}:Kill|};
                Func<int, Process> open = Process.{|{{id}}:GetProcessById|};
                Expression<Action> tree = () => p.{|{{id}}:Kill|}();
                ((p.{|{{id}}:Kill|}))();
                return !p.{|{{id}}:HasExited|} && p is { {|{{id}}:HasExited|}: false };
            }
        }

        """,
        $$"""
        using System;
        using System.Diagnostics;
        using System.Linq.Expressions;
        using PidFdProcess;

        class C
        {
            bool M(Process p)
            {
                Action group = p.KillViaPidFd;
                Func<int, Process> open = ProcessHandleRegistry.Default.Open;
                Expression<Action> tree = () => p.KillViaPidFd();
                ((p.KillViaPidFd))();
                return !p.HasExitedPidFd() && p is { {|{{id}}:HasExited|}: false };
            }
        }

        """,
        dropIn);

    [TestMethod]
    public Task CallsInSubclassesAndByUsingStatic_AreReplaced() => VerifyAsync(
        """
        using System.Diagnostics;
        using static System.Diagnostics.Process;

        class Own : Process
        {
            void M() { {|PIDFD0001:Kill|}(); this.{|PIDFD0001:Kill|}(); base.{|PIDFD0001:Kill|}(true); }
            void N() { if ({|PIDFD0001:HasExited|}) { {|PIDFD0001:Start|}(); } {|PIDFD0001:GetProcessById|}(1); }
        }

        """,
        """
        using System.Diagnostics;
        using PidFdProcess;
        using static System.Diagnostics.Process;

        class Own : Process
        {
            void M() { this.KillViaPidFd(); this.KillViaPidFd(); this.KillViaPidFd(true); }
            void N() { if (this.HasExitedPidFd()) { this.StartWithPidFd(); } ProcessHandleRegistry.Default.Open(1); }
        }

        """);

    [TestMethod]
    public Task ALookUpOfNet11_IsReplaced() => RuleTest.VerifyFixAsync<StockCallAnalyzer, UseCounterpartCodeFix>(
        """
        using System.Diagnostics;
        class C
        {
            bool M(int id) => Process.{|PIDFD0001:TryGetProcessById|}(id, out Process p) && p.{|PIDFD0001:WaitForExit|}(1);
            bool Named() => Process.{|PIDFD0001:TryGetProcessById|}(process: out _, processId: 1);
        }

        """,
        """
        using System.Diagnostics;
        using PidFdProcess;
        class C
        {
            bool M(int id) => ProcessHandleRegistry.Default.TryOpen(id, out Process p) && p.WaitForExitPidFd(1);
            bool Named() => ProcessHandleRegistry.Default.TryOpen(process: out _, processId: 1);
        }

        """,
        references: TestPlatform.Net11References);

    private static Task VerifyAsync(string source, string fixedSource, bool dropIn = false) =>
        RuleTest.VerifyFixAsync<StockCallAnalyzer, UseCounterpartCodeFix>(source, fixedSource, dropIn);
}
