using PidFdProcess.Analyzers.Rules;
using PidFdProcess.Analyzers.Tests.Support;

namespace PidFdProcess.Analyzers.Tests.Rules;

/// <summary>PIDFD0004: native calls that take the children of the runtime.</summary>
[TestClass]
public sealed class ReapingTests
{
    private const string Source = """
        using System;
        using System.Diagnostics;
        using System.Runtime.InteropServices;
        enum IdType { P_ALL, P_PID }
        static class Native
        {
            [DllImport("libc")] public static extern int waitpid(int pid, out int status, int options);
            [DllImport("libc", EntryPoint = "waitpid")] public static extern int Reap(int pid, out int status, int options);
            [DllImport("libc")] public static extern int wait(out int status);
            [DllImport("libc")] public static extern int waitid(IdType type, int id, IntPtr info, int options);
            [DllImport("libc")] public static extern IntPtr signal(int signal, IntPtr handler);
            [DllImport("libc")] public static extern int sigaction(int signal, IntPtr action, IntPtr old);
            public static int waitpid(int pid) => pid;
        }
        class C
        {
            const int Any = -1;
            void M(int pid)
            {
                Native.{|PIDFD0004:waitpid|}(-1, out _, 0);
                Native.{|PIDFD0004:Reap|}(Any, out _, 1);
                Native.{|PIDFD0004:waitpid|}(0, out _, 0);
                Native.{|PIDFD0004:wait|}(out _);
                Native.{|PIDFD0004:waitid|}(IdType.P_ALL, 0, IntPtr.Zero, 4);
                Native.{|PIDFD0004:signal|}(17, IntPtr.Zero);
                Native.{|PIDFD0004:sigaction|}(17, IntPtr.Zero, IntPtr.Zero);
                Mono.Unix.Native.Syscall.{|PIDFD0004:waitpid|}(-1, out _, 0);
                Mono.Unix.Native.Stdlib.{|PIDFD0004:signal|}(Mono.Unix.Native.Signum.SIGCHLD, null);
                Native.waitpid(pid, out _, 0);
                Native.waitid(IdType.P_PID, pid, IntPtr.Zero, 4);
                Native.waitid(IdType.P_ALL, 0, IntPtr.Zero, 0x1000004);
                Native.signal(15, IntPtr.Zero);
                Native.waitpid(-1);
            }
        }
        """;

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public Task ACallThatReaps_InAnAppThatUsesProcess_IsReported(bool dropIn) =>
        RuleTest.VerifyAsync<ReapingAnalyzer>(Source + "\nclass User { void M() => Process.Start(\"true\"); }", dropIn);

    [TestMethod]
    [DataRow("PidFdProcess.ProcessStopExtensions.StopViaPidFd(null, TimeSpan.Zero);")]
    [DataRow("_ = new PidFdProcess.ProcessScope();")]
    [DataRow("PidFdProcess.ProcessHandleRegistry.Default.Open(1);")]
    public Task ACallThatReaps_InAnAppThatUsesTheLibraryAlone_IsReported(string use) =>
        RuleTest.VerifyAsync<ReapingAnalyzer>(Source + "\nclass User { void M() { " + use + " } }");

    [TestMethod]
    public Task ACallThatReaps_InAnAppThatDoesNotUseProcess_IsNotReported() => RuleTest.VerifyAsync<ReapingAnalyzer>(
        Source.Replace("{|PIDFD0004:", "", StringComparison.Ordinal).Replace("|}", "", StringComparison.Ordinal));
}
