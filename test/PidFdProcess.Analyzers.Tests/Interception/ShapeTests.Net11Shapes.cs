namespace PidFdProcess.Analyzers.Tests.Interception;

public sealed partial class ShapeTests
{
    private static readonly Dictionary<string, string> s_net11Shapes = new()
    {
        ["statements"] = """
            using System.Diagnostics;
            using System.Runtime.InteropServices;
            Process p = new();
            bool sent = p.Signal(PosixSignal.SIGTERM);
            ProcessExitStatus status = p.WaitForExitStatus();
            Task<ProcessExitStatus> wait = p.WaitForExitStatusAsync();
            status = await p.WaitForExitStatusAsync(CancellationToken.None);
            Console.WriteLine($"{sent} {status.ExitCode} {(await wait).Signal}");
            """,
        ["results by reference and their nullability"] = """
            using System.Diagnostics;
            static int Code(Process p) => p.TryWaitForExitStatus(TimeSpan.Zero, out ProcessExitStatus? status) ? status.ExitCode : -1;
            static string Name(int id) => Process.TryGetProcessById(id, out Process? found) ? found.ProcessName : "";
            _ = Process.TryGetProcessById(processId: 1, process: out _);
            _ = new Process().TryWaitForExitStatus(timeout: TimeSpan.FromSeconds(1), exitStatus: out _);
            Console.WriteLine($"{Code(new())} {Name(1)}");
            """,
        ["null, lambdas and generic code"] = """
            using System.Diagnostics;
            using System.Runtime.InteropServices;
            Process? p = Environment.ProcessId == 1 ? null : new();
            bool? sent = p?.Signal(signal: PosixSignal.SIGINT);
            Task<ProcessExitStatus>? wait = p?.WaitForExitStatusAsync();
            Func<Process, int> code = static x => x.WaitForExitStatus().ExitCode;
            Console.WriteLine($"{sent} {code(new())} {wait is null} {await Each(new Process())}");
            static async Task<int> Each<T>(T x) where T : Process => (await x.WaitForExitStatusAsync().ConfigureAwait(false)).ExitCode;
            """,
        ["subclasses"] = """
            using System.Diagnostics;
            using System.Runtime.InteropServices;
            class Own : Process
            {
                public bool Run() => Signal(PosixSignal.SIGTERM) && base.Signal(PosixSignal.SIGHUP) && TryWaitForExitStatus(TimeSpan.Zero, out _);
                public async Task<int> RunAsync() => WaitForExitStatus().ExitCode + (await WaitForExitStatusAsync()).ExitCode;
                public static bool Other() => TryGetProcessById(1, out _);
            }
            """,
    };
}
