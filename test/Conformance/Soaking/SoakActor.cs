using System.Globalization;
using PidFdProcess.Shared;

namespace PidFdProcess.Conformance.Soaking;

/// <summary>
/// One thread of the soak. It has processes of its own and does one random operation on one of them after the other. The seed decides the draws. The
/// scheduler decides how the operations of the threads interleave, and so which of them are possible.
/// </summary>
internal sealed class SoakActor(ProcessHandleRegistry shared, string name, int seed, SoakOperation[] operations) : IDisposable
{
    private const int Most = 8;

    private readonly Random _random = new(seed);
    private readonly int _weights = operations.Sum(each => each.Weight);
    private int _started;

    public SoakLog Log { get; } = new(name);

    /// <summary>Gets the registry that all threads use.</summary>
    public ProcessHandleRegistry Shared => shared;

    /// <summary>Gets or sets the registry of this thread.</summary>
    public ProcessHandleRegistry Own { get; set; } = new();

    public List<SoakProcess> Subjects { get; } = [];

    public int Recycled { get; set; }

    public void Step()
    {
        Random random = new(_random.Next());
        bool starts = random.Next(5) == 0;
        if (Subjects.Count == 0 || (starts && Subjects.Count < Most))
        {
            Start(SoakKind.All[random.Next(SoakKind.All.Length)], random);
            return;
        }

        SoakScene scene = new(this, Subjects[random.Next(Subjects.Count)], random);
        int weight = random.Next(_weights);
        SoakOperation operation = operations.First(each => (weight -= each.Weight) < 0);
        Log.Begin(operation.Name, scene.Subject.Name);
        Log.Note(scene.Run.State);
        if (operation.IsPossible(scene))
        {
            operation.Run(scene);
        }

        foreach (SoakWait wait in Subjects.SelectMany(each => each.Pending))
        {
            wait.RequirePending();
        }
    }

    /// <summary>Ends all that is left, and looks at it for the last time.</summary>
    public void Finish()
    {
        foreach (SoakProcess subject in Subjects.ToArray())
        {
            Log.Begin("finish", subject.Name);
            Retire(new SoakScene(this, subject, _random));
        }

        Dispose();
        Check.Equal(0, Own.Count);
    }

    public void Dispose() => Own.Dispose();

    public SoakProcess Start(SoakKind kind, Random random)
    {
        SoakProcess subject = Create(kind, random.Next(256), random.Next(2) == 0);
        Subjects.Add(subject);
        return subject;
    }

    /// <summary>Starts a process that is no subject yet.</summary>
    public SoakProcess Create(SoakKind kind, int code = 0, bool raisesEvents = false)
    {
        string subject = string.Create(CultureInfo.InvariantCulture, $"{kind.Name}-{++_started}");
        Log.Begin("start", subject);
        SoakProcess process = new(subject, kind, code, raisesEvents);
        Log.Note(process.Run.ProcessId);
        return process;
    }

    /// <summary>Ends a process if it has not ended yet, then what waits for it, then its object.</summary>
    public void Retire(SoakScene scene)
    {
        if (scene.DrawRegistry(attaches: false))
        {
            scene.Registry.Kill(scene.Process, entireProcessTree: true);
            scene.Run.EndBySignal(Native.SigKill);
            SoakOperations.ObserveExit(scene);
        }

        CloseObject(scene.Subject);
    }

    public void CloseObject(SoakProcess subject)
    {
        Subjects.Remove(subject);
        subject.Dispose();
        subject.CompleteWaits();
        Check.Throws<InvalidOperationException>(() => shared.Kill(subject.Process));
    }
}
