using System.Globalization;
using System.Runtime.InteropServices;

namespace PidFdProcess.Tests.Dummy.Commands;

/// <summary>
/// Traces a process as a debugger does, prints "traced", and reaps it when a line comes on the input. Until then the kernel tells the parent
/// nothing of the exit.
/// </summary>
internal static partial class TraceProcess
{
    private const nint Seize = 0x4206;
    private const int AllChildren = 0x4000_0000;

    public static Task RunAsync(string id) => Answers.OnOwnThread(() => Run(int.Parse(id, CultureInfo.InvariantCulture)));

    // A tracer is a thread, so all calls come from this one.
    private static void Run(int processId)
    {
        if (PTrace(Seize, processId, 0, 0) != 0)
        {
            Console.WriteLine($"ptrace is refused: errno {Marshal.GetLastPInvokeError()}");
            return;
        }

        Console.WriteLine("traced");
        _ = Console.ReadLine();
        _ = WaitPid(processId, 0, AllChildren);
    }

    [LibraryImport("libc", EntryPoint = "ptrace", SetLastError = true)]
    private static partial nint PTrace(nint request, int processId, nint address, nint data);

    [LibraryImport("libc", EntryPoint = "waitpid")]
    private static partial int WaitPid(int processId, nint status, int options);
}
