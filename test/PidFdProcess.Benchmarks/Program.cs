using System.Diagnostics;
using System.Runtime.InteropServices;
using PidFdProcess;
using PidFdProcess.Benchmarks;

// dotnet run -c Release --project test/PidFdProcess.Benchmarks
// What a call costs against the raw system call of the same shape (P/Invoke with SetLastError on a SafeHandle), in turns, and what
// it allocates. The process is a running child; SIGKILL goes to a zombie, which takes signals to no effect.
using ProcessHandleRegistry registry = new();
using Process child = Process.Start("/bin/sleep", "1000");
using Process parent = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "sleep 1000 >/dev/null & echo $!; exec sleep 1000"])
{
    RedirectStandardOutput = true,
})!;
using Process zombie = registry.Open(int.Parse(parent.StandardOutput.ReadLine()!, System.Globalization.CultureInfo.InvariantCulture));
while (File.ReadAllText($"/proc/{parent.Id}/comm") != "sleep\n")
{
    // Until then the shell might reap.
}

registry.Attach(child);
registry.TryGetPidFd(child, out SafePidFdHandle? childFd);
registry.TryGetPidFd(zombie, out SafePidFdHandle? zombieFd);
registry.Kill(zombie);
registry.WaitForExit(zombie, -1);

Console.WriteLine($"{"call",-22}{"ns",8}{"raw ns",8}{"ratio",7}{"bytes",7}   (medians of {Turns.Count} turns)");
Turns.Compare("kill", () => registry.Kill(zombie), () => RawCalls.SendSignal(zombieFd!, 9));
Turns.Compare("signal 0", () => registry.Signal(child, (PosixSignal)0), () => RawCalls.SendSignal(childFd!, 0));
Turns.Compare("HasExitedPidFd", () => registry.HasExited(child), () => RawCalls.Poll(childFd!));
Turns.Compare("timed wait (0)", () => registry.WaitForExit(child, 0), () => RawCalls.Poll(childFd!));
Turns.Compare(
    "attach + detach",
    () =>
    {
        registry.Attach(child);
        registry.Detach(child);
    },
    () => RawCalls.OpenAndClose(child.Id));
registry.Attach(child);

const int Waits = 1000;
using CancellationTokenSource end = new();
Task[] tasks = new Task[Waits];
Process[] objects = new Process[Waits];
for (int i = 0; i < Waits; i++)
{
    objects[i] = Process.GetProcessById(child.Id);
    registry.Attach(objects[i]);
}

long before = GC.GetAllocatedBytesForCurrentThread();
for (int i = 0; i < Waits; i++)
{
    tasks[i] = registry.WaitForExitAsync(objects[i]);
}

Console.WriteLine($"asynchronous wait: {(GC.GetAllocatedBytesForCurrentThread() - before) / Waits} bytes each, of {Waits} pending on an object of their own");
parent.Kill();
child.Kill();
await Task.WhenAll(tasks);
