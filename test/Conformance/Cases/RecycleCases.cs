using System.Diagnostics;
using System.Runtime.InteropServices;
using PidFdProcess.Shared;

namespace PidFdProcess.Conformance;

internal static class RecycleCases
{
    private const int Rounds = 5;
    private const int Tries = 2000;

    public static Case[] All { get; } = [new("recycled-pid", Needs.PidFds | Needs.Proc, SpareStrangerAsync)];

    // The process is opened or attached while it runs, then its PID goes to another.
    private static async Task SpareStrangerAsync(ProcessHandleRegistry registry)
    {
        if (PidRecycler.Hindrance is { } hindrance)
        {
            throw new SkipException(hindrance);
        }

        for (int round = 0; round < Rounds; round++)
        {
            using NonChildProcess nonChild = NonChildProcess.StartReaped();
            using Process process = round % 2 == 0 ? registry.Open(nonChild.Id) : Process.GetProcessById(nonChild.Id);
            Check.Equal(ProcessRoute.PidFd, registry.Attach(process).Route);
            nonChild.KillAndWaitUntilReaped();
            using PipedProcess stranger = (PipedProcess)(
                PidRecycler.TryStart(nonChild.Id, () => new PipedProcess("echo ready; exec cat"), Tries, Check.Limit)
                ?? throw new SkipException($"no process got PID {nonChild.Id} in {Tries} tries"));

            registry.Kill(process);
            Check.That(!registry.Signal(process, PosixSignal.SIGTERM));
            registry.Kill(process, entireProcessTree: true);
            Check.That(registry.HasExited(process));
            foreach (Func<ProcessHandleRegistry, Process, Task> wait in WaitMethods.ForExit)
            {
                await wait(registry, process);
            }

            // The kernel queues a SIGKILL before kill(2) returns and lets the process run no more, so an answer proves that none was sent.
            stranger.StandardInput.WriteLine("alive");
            stranger.StandardInput.Flush();
            Check.Equal("alive", stranger.ReadLine());
            Check.That(!registry.HasExited(stranger));
            stranger.Kill();
            stranger.WaitForExit();
        }
    }
}
