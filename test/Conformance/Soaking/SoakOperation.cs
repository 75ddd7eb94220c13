namespace PidFdProcess.Conformance.Soaking;

/// <summary>What must hold before an operation. If it does not, the operation is left out.</summary>
[Flags]
internal enum Requires
{
    Nothing = 0,

    /// <summary>A registry that may be asked about the process.</summary>
    Registry = 1,

    /// <summary>The same, and the process is attached before the call.</summary>
    Attached = Registry | 2,

    Child = 4,
    Running = 8,

    /// <summary>The process has been told to end.</summary>
    Ending = 16,

    /// <summary>There is room for another pending wait.</summary>
    Room = 32,

    ExitsOnCommand = 64,
    CanRestart = 128,
    ReapedLate = 256,
}

/// <summary>A row in the table of operations.</summary>
/// <param name="Weight">How often it is drawn.</param>
/// <param name="Name">Its name in the log.</param>
/// <param name="Requires">The precondition.</param>
/// <param name="Run">The call and the expectation.</param>
internal sealed record SoakOperation(int Weight, string Name, Requires Requires, Action<SoakScene> Run)
{
    private const int MostPending = 6;

    /// <summary>Makes a row of a call that answers something, and of what may be expected of the answer.</summary>
    public static SoakOperation Of<T>(int weight, string name, Requires requires, Func<SoakScene, T> call, Action<SoakScene, T> expect) =>
        new(weight, name, requires, scene => expect(scene, scene.Log.Note(call(scene))));

    /// <summary>Returns whether the precondition holds, and draws the registry.</summary>
    public bool IsPossible(SoakScene scene)
    {
        SoakProcess subject = scene.Subject;
        return Holds(Requires.Child, subject.IsChild)
            && Holds(Requires.Running, subject.Run.IsRunning)
            && Holds(Requires.Ending, !subject.Run.IsRunning)
            && Holds(Requires.Room, subject.Pending.Count < MostPending)
            && Holds(Requires.ExitsOnCommand, subject.Kind.ExitsOnCommand)
            && Holds(Requires.CanRestart, subject.Kind.CanRestart)
            && Holds(Requires.ReapedLate, subject.Kind.IsReapedLate)
            && (!Requires.HasFlag(Requires.Registry) || scene.DrawRegistry(Requires.HasFlag(Requires.Attached)));
    }

    private bool Holds(Requires flag, bool isSo) => !Requires.HasFlag(flag) || isSo;
}
