using System.Diagnostics;

namespace PidFdProcess.Conformance.Soaking;

// Waits that stay under way while other things happen.
internal sealed partial class SoakActor
{
    private const int MostPending = 6;

    private void BeginWait(SoakProcess subject)
    {
        int kind = _random.Next(5);
        if (subject.Pending.Count >= MostPending || Draw(subject) is not { } registry)
        {
            return;
        }

        Process process = subject.Process;
        CancellationTokenSource? source = kind < 3 ? new CancellationTokenSource() : null;
        (string name, Task task) = kind switch
        {
            0 => ("wait", registry.WaitForExitAsync(process, source!.Token)),
            1 => ("status", registry.WaitForExitStatusAsync(process, source!.Token)),
            2 => ("wait-or-kill", registry.WaitForExitOrKillAsync(process, source!.Token)),
            3 => ("blocking wait", BlockedThread.Start(() => registry.WaitForExit(process, -1))),
            _ => ("blocking status", BlockedThread.Start(() => registry.WaitForExitStatus(process))),
        };
        Log.Note(name);
        subject.Pending.Add(new SoakWait(name, task, [subject.Run], registry, source)
        {
            WasKnown = subject.Run.KnownTo.Contains(registry),
            KillsOnCancel = kind == 2,
        });
    }

    private void BeginAny(SoakProcess subject)
    {
        bool isShared = _random.Next(2) == 0;
        ProcessHandleRegistry registry = isShared ? _shared : _own;
        SoakProcess[] subjects = _subjects.Where(each => each == subject || _random.Next(2) == 0).ToArray();
        if (subjects.Any(each => !each.Run.IsRunning || each.Pending.Count >= MostPending))
        {
            return;
        }

        CancellationTokenSource source = new();
        Task<Process> task = registry.WhenAnyExitAsync(subjects.Select(each => each.Process), source.Token);
        SoakWait wait = new("any", task, [.. subjects.Select(each => each.Run)], registry, source) { WasKnown = true };
        Log.Note(subjects.Length, "of");
        foreach (SoakProcess each in subjects)
        {
            each.Run.KnownTo.Add(registry);
            each.Pending.Add(wait);
        }
    }

    private void Cancel(SoakProcess subject)
    {
        int index = _random.Next(MostPending);
        if (subject.Pending.Where(wait => wait.CanCancel).ElementAtOrDefault(index) is { } wait)
        {
            wait.Cancel();
            Log.Note(wait);
        }
    }

    // Cancelled at once, before, or while others wait for the same process.
    private void WaitCanceled(SoakProcess subject)
    {
        bool isBefore = _random.Next(2) == 0;
        bool yields = _random.Next(2) == 0;
        if (Draw(subject) is not { } registry)
        {
            return;
        }

        CancellationTokenSource source = new();
        if (isBefore)
        {
            source.Cancel();
        }

        Task task = registry.WaitForExitAsync(subject.Process, source.Token);
        SoakWait wait = new("cancelled wait", task, [subject.Run], registry, source) { WasKnown = subject.Run.KnownTo.Contains(registry) };
        if (yields)
        {
            Thread.Yield();
        }

        wait.Cancel();
    }
}
