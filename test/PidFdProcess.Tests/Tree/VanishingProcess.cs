using System.Diagnostics;
using System.Globalization;
using PidFdProcess.Scopes;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Tree;

/// <summary>
/// The leader of a session, and an orphan in that session. When the test calls <see cref="ForkAndExit"/>, the orphan starts a sleeper and exits.
/// </summary>
internal sealed class VanishingProcess : IDisposable
{
    private readonly Fifo _fifo = new();
    private readonly bool _isReaped;
    private readonly MarkedTree _tree;

    /// <param name="isReaped">Whether the orphan is reaped. Otherwise its parent is in another session, and leaves it a zombie.</param>
    /// <param name="start">What starts the leader in a session of its own.</param>
    public VanishingProcess(bool isReaped, Func<ProcessStartInfo, Process>? start = null)
    {
        _isReaped = isReaped;
        string end = isReaped ? ");" : "; exec setsid sleep 1000) &";
        ProcessStartInfo info = Shell.Info(
            $"(({_fifo.Wait}; sleep 1000 & exit 0) & echo $!{end} read line; exit 0", redirectInput: true, redirectOutput: true);
        _tree = new MarkedTree(info, start ?? (static info => ToolStart.Start(info, killOnParentExit: false, newSession: true)));
        Id = _tree.ReadId();
        TestProcesses.WaitUntil(
            () => SessionOf(Id) == Leader.Id && SessionOf(TestProcesses.ParentOf(Id) ?? 0) != Leader.Id, "the process is an orphan of the session");
    }

    public Process Leader => _tree.Root;

    /// <summary>Gets the PID of the orphan.</summary>
    public int Id { get; }

    /// <summary>Gets the PID of the child, or 0 as long as <see cref="ExitAt"/> was not called for the orphan.</summary>
    public int Child { get; private set; }

    /// <summary>Makes a kernel that lists the processes of the session alone, because others could go during a search, too.</summary>
    public HookedKernel CreateKernel() => new() { ChangeProcesses = ids => ids.RemoveAll(id => SessionOf(id) != Leader.Id) };

    /// <summary>Is a hook of a call by PID. At the first call for the orphan, that starts its child and exits.</summary>
    public Errno? ExitAt(int id)
    {
        Child = Child == 0 && id == Id ? ForkAndExit() : Child;
        return null;
    }

    public void EndLeader()
    {
        Leader.StandardInput.Close();
        Leader.WaitForExit();
    }

    /// <summary>Lets the orphan start its child and exit.</summary>
    /// <returns>The PID of the child.</returns>
    public int ForkAndExit()
    {
        _fifo.Open();
        TestProcesses.WaitUntil(() => TestProcesses.StateOf(Id) == (_isReaped ? null : 'Z'), "the process has exited");
        return _tree.Alive().Single(id => id != Leader.Id && SessionOf(id) == Leader.Id);
    }

    public void Dispose()
    {
        _tree.Dispose();
        _fifo.Dispose();
    }

    private static int SessionOf(int id) => ProcessTable.FieldsOf(id) is { } fields ? int.Parse(fields[3], CultureInfo.InvariantCulture) : -1;
}
