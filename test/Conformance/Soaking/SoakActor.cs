using System.Globalization;
using PidFdProcess.Shared;

namespace PidFdProcess.Conformance.Soaking;

/// <summary>
/// One thread of the soak: processes of its own, and a random operation on one of them after the other. Every draw comes from its own
/// generator and depends on earlier draws alone, never on an answer, so that a seed always gives the same operations. Only how
/// they and those of the other threads interleave is the scheduler's.
/// </summary>
internal sealed partial class SoakActor : IDisposable
{
    private const int Most = 8;

    private static readonly (int Weight, string Name, Action<SoakActor, SoakProcess> Run)[] s_operations =
    [
        (3, "attach", static (actor, subject) => actor.Attach(subject)),
        (3, "detach", static (actor, subject) => actor.Detach(subject)),
        (4, "look", static (actor, subject) => actor.Look(subject)),
        (4, "wait-a-little", static (actor, subject) => actor.WaitALittle(subject)),
        (2, "get-pidfd", static (actor, subject) => actor.GetPidFd(subject)),
        (2, "open-second", static (actor, subject) => actor.OpenSecond(subject)),
        (3, "stop-and-continue", static (actor, subject) => actor.StopAndContinue(subject)),
        (9, "begin-wait", static (actor, subject) => actor.BeginWait(subject)),
        (3, "begin-any", static (actor, subject) => actor.BeginAny(subject)),
        (4, "cancel", static (actor, subject) => actor.Cancel(subject)),
        (3, "wait-canceled", static (actor, subject) => actor.WaitCanceled(subject)),
        (9, "end", static (actor, subject) => actor.End(subject)),
        (8, "observe", static (actor, subject) => actor.Observe(subject)),
        (4, "together", static (actor, subject) => actor.Together(subject)),
        (3, "restart", static (actor, subject) => actor.Restart(subject)),
        (3, "close", static (actor, subject) => actor.Close(subject)),
        (2, "reap", static (actor, subject) => actor.Reap(subject)),
        (1, "dispose-registry", static (actor, _) => actor.DisposeRegistry()),
        (2, "recycle", static (actor, subject) => actor.Recycle(subject)),
    ];

    private static readonly int s_weights = s_operations.Sum(each => each.Weight);

    private readonly ProcessHandleRegistry _shared;
    private readonly Random _random;
    private readonly List<SoakProcess> _subjects = [];
    private ProcessHandleRegistry _own = new();
    private int _started;

    public SoakActor(ProcessHandleRegistry shared, string name, int seed)
    {
        _shared = shared;
        _random = new Random(seed);
        Log = new SoakLog(name);
    }

    public SoakLog Log { get; }

    public int Recycled { get; private set; }

    public void Step()
    {
        bool starts = _random.Next(5) == 0;
        if (_subjects.Count == 0 || (starts && _subjects.Count < Most))
        {
            Start(SoakKind.All[_random.Next(SoakKind.All.Length)]);
            return;
        }

        SoakProcess subject = _subjects[_random.Next(_subjects.Count)];
        int weight = _random.Next(s_weights);
        (_, string name, Action<SoakActor, SoakProcess> run) = s_operations.First(each => (weight -= each.Weight) < 0);
        Log.Begin(name, subject.Name);
        Log.Note(subject.Run.State);
        run(this, subject);
        foreach (SoakWait wait in _subjects.SelectMany(each => each.Pending))
        {
            wait.RequirePending();
        }
    }

    /// <summary>Ends all that is left, and looks at it for the last time.</summary>
    public void Finish()
    {
        foreach (SoakProcess subject in _subjects.ToArray())
        {
            Log.Begin("finish", subject.Name);
            Retire(subject);
        }

        Dispose();
        Check.Equal(0, _own.Count);
    }

    public void Dispose() => _own.Dispose();

    private SoakProcess Start(SoakKind kind)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"{kind.Name}-{++_started}");
        int code = _random.Next(256);
        bool raisesEvents = _random.Next(2) == 0;
        Log.Begin("start", name);
        SoakProcess subject = new(name, kind, code, raisesEvents);
        Log.Note(subject.Run.ProcessId);
        _subjects.Add(subject);
        return subject;
    }

    /// <summary>
    /// Draws the registry for an operation. A foreign process that may have exited is for those alone that have its pidfd: for anybody else
    /// its PID may be that of another by now. <see langword="null"/> if there is none.
    /// </summary>
    private ProcessHandleRegistry? Draw(SoakProcess subject, bool attaches = false)
    {
        bool isShared = _random.Next(2) == 0;
        (ProcessHandleRegistry first, ProcessHandleRegistry second) = isShared ? (_shared, _own) : (_own, _shared);
        SoakRun run = subject.Run;
        if (run.IsRunning)
        {
            // By the operation itself as a rule.
            run.KnownTo.Add(first);
            if (attaches)
            {
                first.Attach(subject.Process);
            }
        }

        ProcessHandleRegistry? registry = subject.IsChild || run.KnownTo.Contains(first) ? first : run.KnownTo.Contains(second) ? second : null;
        Log.Note(registry is null ? "by nobody" : ReferenceEquals(registry, _shared) ? "shared" : "own");
        return registry;
    }

    private static void Complete(SoakProcess subject)
    {
        foreach (SoakWait wait in subject.Pending)
        {
            wait.Complete();
        }

        subject.Pending.Clear();
    }

    /// <summary>The end of a process, if it has not come yet, of what waits for it, and of its object.</summary>
    private void Retire(SoakProcess subject)
    {
        if (Draw(subject) is { } registry)
        {
            registry.Kill(subject.Process, entireProcessTree: true);
            subject.Run.EndBySignal(Native.SigKill);
            Settle(subject, registry);
        }

        CloseObject(subject);
    }

    private void CloseObject(SoakProcess subject)
    {
        _subjects.Remove(subject);
        subject.Dispose();
        Complete(subject);
        Check.Throws<InvalidOperationException>(() => _shared.Kill(subject.Process));
    }
}
