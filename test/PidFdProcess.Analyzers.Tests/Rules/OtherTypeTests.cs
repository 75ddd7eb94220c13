using PidFdProcess.Analyzers.Rules;
using PidFdProcess.Analyzers.Tests.Support;
using PidFdProcess.CodeFixes;

namespace PidFdProcess.Analyzers.Tests.Rules;

/// <summary>Code that would not compile after an edit gets none. A counterpart may have another type, or may not fit into the syntax.</summary>
[TestClass]
public sealed class OtherTypeTests
{
    [TestMethod]
    public Task AnExitStatus_IsReplacedWhereItIsIgnored() => VerifyNet11Async(
        """
        void M()
        {
            p.{|PIDFD0001:WaitForExitStatus|}();
            p?.{|PIDFD0001:WaitForExitStatus|}();
            ((p.{|PIDFD0001:WaitForExitStatus|}))();
            _ = p.{|PIDFD0001:WaitForExitStatus|}();
            Task.Run(() => { p.{|PIDFD0001:WaitForExitStatus|}(); });
        }

        async Task MAsync()
        {
            await p.{|PIDFD0001:WaitForExitStatusAsync|}();
            await p.{|PIDFD0001:WaitForExitStatusAsync|}().ConfigureAwait(false);
            _ = await p.{|PIDFD0001:WaitForExitStatusAsync|}();
        }
        """,
        """
        void M()
        {
            p.WaitForExitStatusPidFd();
            p?.WaitForExitStatusPidFd();
            ((p.WaitForExitStatusPidFd))();
            _ = p.WaitForExitStatusPidFd();
            Task.Run(() => { p.WaitForExitStatusPidFd(); });
        }

        async Task MAsync()
        {
            await p.WaitForExitStatusPidFdAsync();
            await p.WaitForExitStatusPidFdAsync().ConfigureAwait(false);
            _ = await p.WaitForExitStatusPidFdAsync();
        }
        """);

    [TestMethod]
    public Task AnExitStatus_StaysWhereItIsUsed() => VerifyNet11Async(
        """
        void M()
        {
            ProcessExitStatus status = p.{|PIDFD0001:WaitForExitStatus|}();
            p.{|PIDFD0001:WaitForExitStatus|}()?.ToString();
            ((Func<ProcessExitStatus>)p.{|PIDFD0001:WaitForExitStatus|})();
            Use(p.{|PIDFD0001:WaitForExitStatus|}());
        }

        void Underscore()
        {
            ProcessExitStatus _;
            _ = p.{|PIDFD0001:WaitForExitStatus|}();
        }

        void Use(ProcessExitStatus status) { }
        """,
        null);

    [TestMethod]
    public Task AnOutArgument_IsReplacedWhereItIsADiscard() => VerifyNet11Async(
        """
        bool M(TimeSpan t)
        {
            p.{|PIDFD0001:TryWaitForExitStatus|}(t, out _);
            p.{|PIDFD0001:TryWaitForExitStatus|}(timeout: t, out _);
            if (p.{|PIDFD0001:TryWaitForExitStatus|}(t, out var _)) { }
            return p.{|PIDFD0001:TryWaitForExitStatus|}(t, out _);
        }
        """,
        """
        bool M(TimeSpan t)
        {
            p.TryWaitForExitStatusPidFd(t, out _);
            p.TryWaitForExitStatusPidFd(timeout: t, out _);
            if (p.TryWaitForExitStatusPidFd(t, out var _)) { }
            return p.TryWaitForExitStatusPidFd(t, out _);
        }
        """);

    [TestMethod]
    public Task AnOutArgument_StaysWhereItHasAType() => VerifyNet11Async(
        """
        delegate bool Try(TimeSpan t, out ProcessExitStatus status);

        void M(TimeSpan t)
        {
            p.{|PIDFD0001:TryWaitForExitStatus|}(t, out ProcessExitStatus a);
            p.{|PIDFD0001:TryWaitForExitStatus|}(t, out ProcessExitStatus _);
            p.{|PIDFD0001:TryWaitForExitStatus|}(t, out a);
            if (p.{|PIDFD0001:TryWaitForExitStatus|}(t, out var b)) { int code = b.ExitCode; }
            p.{|PIDFD0001:TryWaitForExitStatus|}(t, exitStatus: out _);
            ((Try)p.{|PIDFD0001:TryWaitForExitStatus|})(t, out _);
        }

        void Underscore(TimeSpan t)
        {
            ProcessExitStatus _;
            p.{|PIDFD0001:TryWaitForExitStatus|}(t, out _);
        }
        """,
        null);

    [TestMethod]
    public Task HasExited_InAPattern_Stays() => VerifyAsync(
        """
        Job job;

        bool M(Job job) => job is { Process.{|PIDFD0001:HasExited|}: false } or { Next.Process.{|PIDFD0001:HasExited|}: true };
        int N(Job job) => job switch { { Process: { {|PIDFD0001:HasExited|}: true } } => 1, { Process.{|PIDFD0001:HasExited|}: false } => 2, _ => 3 };

        class Job
        {
            public Process Process { get; }
            public Job Next { get; }
        }
        """,
        null);

    [TestMethod]
    public Task HasExited_ThatNamesAMember_KeepsTheName() => VerifyAsync(
        """
        (bool HasExited, int) Named() => (p.{|PIDFD0001:HasExited|}, 1);
        (bool, int) Unnamed() => (p.{|PIDFD0001:HasExited|}, 1);
        (bool Other, int) Renamed() => (p.{|PIDFD0001:HasExited|}, 1);

        void M(bool a, int b)
        {
            var member = new { p.Id, p.{|PIDFD0001:HasExited|} }.HasExited;
            var nullable = new { p?.{|PIDFD0001:HasExited|} }.HasExited;
            var named = new { Exited = p.{|PIDFD0001:HasExited|} }.Exited;
            var tuple = (p.Id, p.{|PIDFD0001:HasExited|});
            _ = tuple.HasExited;
            (a, b) = (p.{|PIDFD0001:HasExited|}, 1);
            (bool c, int d) = (p.{|PIDFD0001:HasExited|}, 1);
            _ = (p.{|PIDFD0001:HasExited|}, a) switch { (true, true) => 1, _ => 2 };
            _ = (p.{|PIDFD0001:HasExited|}, a) == (true, true);
        }
        """,
        """
        (bool HasExited, int) Named() => (HasExited: p.HasExitedPidFd(), 1);
        (bool, int) Unnamed() => (p.HasExitedPidFd(), 1);
        (bool Other, int) Renamed() => (p.HasExitedPidFd(), 1);

        void M(bool a, int b)
        {
            var member = new { p.Id, HasExited = p.HasExitedPidFd() }.HasExited;
            var nullable = new { HasExited = p?.HasExitedPidFd() }.HasExited;
            var named = new { Exited = p.HasExitedPidFd() }.Exited;
            var tuple = (p.Id, HasExited: p.HasExitedPidFd());
            _ = tuple.HasExited;
            (a, b) = (p.HasExitedPidFd(), 1);
            (bool c, int d) = (p.HasExitedPidFd(), 1);
            _ = (p.HasExitedPidFd(), a) switch { (true, true) => 1, _ => 2 };
            _ = (p.HasExitedPidFd(), a) == (true, true);
        }
        """);

    [TestMethod]
    public Task AFunctionPointer_Stays() => VerifyAsync(
        "unsafe void M() { delegate*<int, Process> open = &Process.{|PIDFD0001:GetProcessById|}; }",
        null);

    [TestMethod]
    public Task AMethodFromWhichATypeIsInferred_Stays() => VerifyNet11Async(
        """
        void M()
        {
            var inferred = Process.{|PIDFD0001:TryGetProcessById|};
            Delegate converted = Process.{|PIDFD0001:TryGetProcessById|};
            var wait = p.{|PIDFD0001:WaitForExitAsync|};
        }
        """,
        """
        void M()
        {
            var inferred = Process.{|PIDFD0001:TryGetProcessById|};
            Delegate converted = Process.{|PIDFD0001:TryGetProcessById|};
            var wait = p.WaitForExitPidFdAsync;
        }
        """);

    private static Task VerifyNet11Async(string members, string? fixedMembers) => RuleTest.VerifyFixAsync<StockCallAnalyzer, UseCounterpartCodeFix>(
        Wrap(members), Wrap(fixedMembers ?? members), references: TestPlatform.Net11References);

    private static Task VerifyAsync(string members, string? fixedMembers) => RuleTest.VerifyFixAsync<StockCallAnalyzer, UseCounterpartCodeFix>(
        Wrap(members), Wrap(fixedMembers ?? members));

    private static string Wrap(string members) => $$"""
        using System;
        using System.Diagnostics;
        using System.Threading.Tasks;
        using PidFdProcess;
        class C
        {
            Process p;
            {{members}}
        }
        """;
}
