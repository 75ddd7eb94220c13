using System.Diagnostics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using PidFdProcess.Shared;

namespace PidFdProcess.Tests.Dummy.Commands;

/// <summary>
/// Plugins that use the library, each in a collectible context of its own. Prints whether the context is unloaded and the loop has ended.
/// </summary>
internal static class CollectibleContext
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    public static Task RunAsync() => Answers.OnOwnThread(Run);

    private static void Run()
    {
        using Process daemon = Shell.StartSleeper();
        Print("no call", static (_, _) => { });
        Print("HasExited", static (methods, child) => Call(methods, "HasExitedPidFd", child));
        Print("Kill", static (methods, child) => Call(methods, "KillViaPidFd", child));
        Print("WaitForExitAsync", static (methods, child) =>
        {
            Task wait = (Task)Call(methods, "WaitForExitPidFdAsync", child, CancellationToken.None)!;
            child.Kill();
            wait.Wait(s_limit);
        });
        Print("a cancelled WaitForExitAsync", CancelWait);
        Print("a cancelled WaitForExitAsync of a process that goes on", (methods, _) => CancelWait(methods, daemon));
        Print("WaitForExitStatusAsync", static (methods, child) =>
        {
            Task wait = (Task)Call(methods, "WaitForExitStatusPidFdAsync", child, CancellationToken.None)!;
            child.Kill();
            wait.Wait(s_limit);
        });
        Print("a scope", static (methods, child) =>
        {
            Type type = methods.Assembly.GetType("PidFdProcess.ProcessScope", throwOnError: true)!;
            using IDisposable scope = (IDisposable)Activator.CreateInstance(type)!;
            AddTo(scope, child);
        });
        Print("WhenAnyExitAsync of a process that goes on", (methods, child) =>
        {
            using Process dropped = Process.GetProcessById(daemon.Id);
            Task wait = (Task)Call(methods, "WhenAnyExitPidFdAsync", new[] { dropped, child }, CancellationToken.None)!;
            child.Kill();
            wait.Wait(s_limit);
        });
        Print("a scope whose start has failed", static (methods, _) =>
        {
            Type type = methods.Assembly.GetType("PidFdProcess.ProcessScope", throwOnError: true)!;
            object scope = Activator.CreateInstance(type)!;
            try
            {
                scope.GetType().GetMethod("Start")!.Invoke(scope, [new ProcessStartInfo("/does/not/exist")]);
            }
            catch (TargetInvocationException)
            {
                // There is no such program.
            }
        });
        Print("a scope that is empty at last", static (methods, child) =>
        {
            // Not disposed, because a scope without processes needs no disposal.
            Type type = methods.Assembly.GetType("PidFdProcess.ProcessScope", throwOnError: true)!;
            object scope = Activator.CreateInstance(type)!;
            AddTo(scope, child);
            child.Kill();
        });
        daemon.Kill();
    }

    private static void CancelWait(Type methods, Process process)
    {
        using CancellationTokenSource source = new();
        Task wait = (Task)Call(methods, "WaitForExitPidFdAsync", process, source.Token)!;
        source.Cancel();
        ((IAsyncResult)wait).AsyncWaitHandle.WaitOne(s_limit);
    }

    private static void Print(string name, Action<Type, Process> use)
    {
        WeakReference context = Use(use);
        bool isUnloaded = true;
        try
        {
            Condition.WaitFor(
                () =>
                {
                    GC.Collect();
                    GC.WaitForPendingFinalizers();
                    return !context.IsAlive;
                },
                "the context is unloaded",
                s_limit);
        }
        catch (TimeoutException)
        {
            isUnloaded = false;
        }

        // The native thread of a loop ends a little later than its code.
        _ = isUnloaded && Condition.TryWaitFor(static () => LoopThreads() == 0, s_limit);
        Answers.Print(name, $"{(isUnloaded ? "unloaded" : "not unloaded")}, {LoopThreads()} loops");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference Use(Action<Type, Process> use)
    {
        PluginContext context = new();
        Assembly library = context.LoadFromAssemblyPath(Path.Combine(AppContext.BaseDirectory, "PidFdProcess.dll"));
        using (Process child = Shell.StartSleeper())
        {
            use(library.GetType("PidFdProcess.ProcessPidFdExtensions", throwOnError: true)!, child);
            child.Kill();
            child.WaitForExit();
        }

        context.Unload();
        return new WeakReference(context);
    }

    private static object? Call(Type methods, string name, params object[] arguments) => methods
        .GetMethods().Single(method => method.Name == name && method.IsStatic && method.GetParameters().Length == arguments.Length)
        .Invoke(null, arguments);

    private static void AddTo(object scope, Process child) => scope.GetType().GetMethod("Add")!.Invoke(scope, [child]);

    private static int LoopThreads() => ProcessTable.CountThreads(Environment.ProcessId, "PidFdProcess");

    private sealed class PluginContext() : AssemblyLoadContext(isCollectible: true)
    {
        protected override Assembly? Load(AssemblyName assemblyName) => null;
    }
}
