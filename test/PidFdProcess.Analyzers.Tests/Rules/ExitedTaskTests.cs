using PidFdProcess.Analyzers.Rules;
using PidFdProcess.Analyzers.Tests.Support;
using PidFdProcess.CodeFixes;

namespace PidFdProcess.Analyzers.Tests.Rules;

/// <summary>A task around <c>Exited</c> becomes one call, if the code has the plain shape.</summary>
[TestClass]
public sealed class ExitedTaskTests
{
    private const string Head = """
        using System;
        using System.Diagnostics;
        using System.Threading;
        using System.Threading.Tasks;

        class C
        {

        """;

    [TestMethod]
    public Task ATaskAroundExited_BecomesOneCall() => RuleTest.VerifyFixAsync<StockCallAnalyzer, UseCounterpartCodeFix>(
        Head + """
            async Task One(Process p)
            {
                TaskCompletionSource exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
                p.EnableRaisingEvents = true;
                p.{|PIDFD0001:Exited|} += (_, _) => exited.TrySetResult();
                Console.WriteLine("waits");
                await exited.Task.ConfigureAwait(false);
            }

            async Task<int> Two(string file)
            {
                using var p = new Process();
                p.StartInfo.FileName = file;
                var exited = new TaskCompletionSource<int>();
                p.{|PIDFD0001:Exited|} += delegate { exited.SetResult(p.ExitCode); };
                await exited.Task; // the end
                return p.ExitCode;
            }
        }

        """,
        Head.Replace("Tasks;\n", "Tasks;\nusing PidFdProcess;\n", StringComparison.Ordinal) + """
            async Task One(Process p)
            {
                p.EnableRaisingEvents = true;
                Console.WriteLine("waits");
                await p.WaitForExitPidFdAsync().ConfigureAwait(false);
            }

            async Task<int> Two(string file)
            {
                using var p = new Process();
                p.StartInfo.FileName = file;
                await p.WaitForExitPidFdAsync(); // the end
                return p.ExitCode;
            }
        }

        """);

    [TestMethod]
    public Task AllShapesOfTheRule_AreEditedAtOnce() => RuleTest.VerifyFixAsync<StockCallAnalyzer, UseCounterpartCodeFix>(
        Head + """
            async Task<bool> M(Process p)
            {
                TaskCompletionSource<bool> exited = new();
                p.{|PIDFD0001:Exited|} += (_, _) => exited.SetResult(p.{|PIDFD0001:HasExited|});
                Action kill = p.{|PIDFD0001:Kill|};
                kill();
                await exited.Task;
                return p.{|PIDFD0001:HasExited|} || p.{|PIDFD0001:WaitForExit|}(1);
            }
        }

        """,
        Head.Replace("Tasks;\n", "Tasks;\nusing PidFdProcess;\n", StringComparison.Ordinal) + """
            async Task<bool> M(Process p)
            {
                Action kill = p.KillViaPidFd;
                kill();
                await p.WaitForExitPidFdAsync();
                return p.HasExitedPidFd() || p.WaitForExitPidFd(1);
            }
        }

        """);

    [TestMethod]
    [DataRow(
        "TaskCompletionSource t = new(); p.Exited += (_, _) => { Console.WriteLine(); t.SetResult(); }; await t.Task;",
        DisplayName = "more work")]
    [DataRow(
        "TaskCompletionSource t = new(); p.Exited += (_, _) => t.SetResult(); await t.Task.WaitAsync(default(CancellationToken));",
        DisplayName = "token")]
    [DataRow("TaskCompletionSource<int> t = new(); p.Exited += (_, _) => t.SetResult(1); int i = await t.Task;", DisplayName = "result is used")]
    [DataRow(
        "TaskCompletionSource t = new(); p.Exited += (_, _) => t.SetResult(); t.TrySetCanceled(); await t.Task;",
        DisplayName = "two ways to complete")]
    [DataRow("TaskCompletionSource t = new(); p.Exited += (_, _) => t.SetResult(); p = null; await t.Task;", DisplayName = "another process")]
    [DataRow("TaskCompletionSource t = new(); p.Exited += (_, _) => t.SetResult(); if (p.Id > 1) { await t.Task; }", DisplayName = "in a branch")]
    [DataRow("TaskCompletionSource t = new(); p.Exited += (_, _) => t.SetResult(); /* why */ await Task.Yield();", DisplayName = "not awaited")]
    [DataRow("TaskCompletionSource t = new(); /* why */ p.Exited += (_, _) => t.SetResult(); await t.Task;", DisplayName = "comment")]
    [DataRow("Own t = new(); p.Exited += (_, _) => t.SetResult(); await t.Task;", DisplayName = "own type")]
    [DataRow("Other o = new(); TaskCompletionSource t = new(); o.Exited += (_, _) => t.SetResult(); await t.Task;", DisplayName = "own event")]
    public Task AnotherShape_StaysAsItIs(string body) => RuleTest.VerifyAsync<StockCallAnalyzer>(
        Head
        + "    async Task M(Process p) { " + body + " }\n}\n"
        + "class Own { public void SetResult() { } public Task Task => null; }\n"
        + "class Other { public event EventHandler Exited { add { } remove { } } }\n");

    [TestMethod]
    public Task ATaskAroundExited_WithTheProperty_IsNotReported() => RuleTest.VerifyAsync<StockCallAnalyzer>(
        Head + "    async Task M(Process p) { TaskCompletionSource t = new(); p.Exited += (_, _) => t.SetResult(); await t.Task; }\n}\n",
        dropIn: true);
}
