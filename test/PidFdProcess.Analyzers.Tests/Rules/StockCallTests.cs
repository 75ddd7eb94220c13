using PidFdProcess.Analyzers.Rules;
using PidFdProcess.Analyzers.Tests.Support;

namespace PidFdProcess.Analyzers.Tests.Rules;

/// <summary>PIDFD0001 without the property, PIDFD0002 with it.</summary>
[TestClass]
public sealed class StockCallTests
{
    private const string Calls = """
        // program
        using System;
        using System.Diagnostics;
        using System.Threading.Tasks;
        Process p = Process.Start("true");
        p.{|PIDFD0001:Kill|}();
        p.{|PIDFD0001:Kill|}(true);
        p?.{|PIDFD0001:Kill|}();
        p.{|PIDFD0001:WaitForExit|}();
        p.{|PIDFD0001:WaitForExit|}(1);
        p.{|PIDFD0001:WaitForExit|}(TimeSpan.Zero);
        await p.{|PIDFD0001:WaitForExitAsync|}();
        p.{|PIDFD0001:Start|}();
        Process.{|PIDFD0001:GetProcessById|}(1).{|PIDFD0001:Kill|}();
        Process.{|PIDFD0001:GetProcessById|}(1, ".");
        Process.GetProcessById(1, "elsewhere");
        p.WaitForInputIdle();
        p.Close();
        """;

    private const string Others = """
        using System;
        using System.Diagnostics;
        using System.Linq.Expressions;
        class C
        {
            void M(Process p)
            {
                _ = p.{|ID:HasExited|};
                _ = p?.{|ID:HasExited|};
                _ = p is { {|ID:HasExited|}: true };
                Action group = p.{|ID:Kill|};
                Func<int, Process> open = Process.{|ID:GetProcessById|};
                Expression<Action> tree = () => p.{|ID:Kill|}();
                ((p.{|ID:Kill|}))();
                ((p.{|ID:WaitForExit|}))(1);
                _ = nameof(p.Kill) + nameof(p.HasExited);
            }
        }
        """;

    private const string Unseen = """
        using System;
        using System.Diagnostics;
        class C
        {
            void M(Process p, dynamic unknown)
            {
                dynamic d = p;
                d.{|ID:Kill|}();
                ((dynamic)p).{|ID:WaitForExit|}(1);
                Process.{|ID:GetProcessById|}((dynamic)1);
                unknown.Kill();
                typeof(Process).{|ID:GetMethod|}("Kill", Type.EmptyTypes);
                typeof(Process).{|ID:GetProperty|}(nameof(Process.HasExited));
                typeof(Process).GetMethod("Refresh");
                typeof(C).GetMethod("Kill");
            }
        }
        """;

    [TestMethod]
    public Task WithoutTheProperty_EachCallWithACounterpart_IsSuggested() => RuleTest.VerifyAsync<StockCallAnalyzer>(Calls);

    [TestMethod]
    public Task WithTheProperty_CallsThatAreRerouted_AreNotReported() =>
        RuleTest.VerifyAsync<StockCallAnalyzer>(
            Calls.Replace("{|PIDFD0001:", "", StringComparison.Ordinal).Replace("|}", "", StringComparison.Ordinal), dropIn: true);

    [TestMethod]
    [DataRow(false, "PIDFD0001")]
    [DataRow(true, "PIDFD0002")]
    public Task ACallThatCannotBeRerouted_IsReported(bool dropIn, string id) =>
        RuleTest.VerifyAsync<StockCallAnalyzer>(Others.Replace("ID:", id + ":", StringComparison.Ordinal), dropIn);

    [TestMethod]
    public Task DynamicCallsAndReflection_WithTheProperty_AreReported() =>
        RuleTest.VerifyAsync<StockCallAnalyzer>(Unseen.Replace("ID:", "PIDFD0002:", StringComparison.Ordinal), dropIn: true);

    [TestMethod]
    public Task DynamicCallsAndReflection_WithoutTheProperty_AreNotReported() =>
        RuleTest.VerifyAsync<StockCallAnalyzer>(Unseen.Replace("{|ID:", "", StringComparison.Ordinal).Replace("|}", "", StringComparison.Ordinal));

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public Task CodeThatOptedOut_IsNotReported(bool dropIn) => RuleTest.VerifyAsync<StockCallAnalyzer>(
        """
        using System;
        using System.Diagnostics;
        using PidFdProcess;
        [StockProcessCalls]
        class C
        {
            void M(Process p) { p.Kill(); Action a = p.Kill; _ = p.HasExited; dynamic d = p; d.Kill(); typeof(Process).GetMethod("Kill"); }
        }
        """,
        dropIn);

    [TestMethod]
    public Task MethodsOfTheSameNameElsewhere_AreNotReported() => RuleTest.VerifyAsync<StockCallAnalyzer>(
        """
        class Process { public void Kill() { } public bool HasExited => true; public static Process GetProcessById(int i) => null; }
        class C { void M(Process p) { p.Kill(); _ = p.HasExited; Process.GetProcessById(1); System.Diagnostics.Stopwatch.StartNew().Start(); } }
        """);
}
