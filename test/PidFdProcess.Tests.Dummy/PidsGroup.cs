using System.Globalization;
using PidFdProcess.Shared;

namespace PidFdProcess.Tests.Dummy;

/// <summary>A cgroup for this program alone, whose limit of processes can be used up.</summary>
internal sealed class PidsGroup : IDisposable
{
    private const string Pids = "/sys/fs/cgroup/pids";

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    private readonly string _path = $"{Pids}/pidfdprocess{Environment.ProcessId}";

    private PidsGroup()
    {
        Directory.CreateDirectory(_path);

        // A program with the same PID that crashed may have left its group.
        AllowThreads();
        Move(_path);
    }

    /// <summary>Runs the action with this program in a group of its own. If that is not possible, prints why, and does nothing.</summary>
    public static Task RunIn(Action<PidsGroup> action)
    {
        using PidsGroup? group = TryEnter();
        if (group is not null)
        {
            action(group);
        }

        return Task.CompletedTask;
    }

    private static PidsGroup? TryEnter()
    {
        try
        {
            return new PidsGroup();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Answers.Print("no cgroup", e.Message);
            return null;
        }
    }

    /// <summary>Returns whether a thread can be started.</summary>
    public static bool CanStartThread()
    {
        try
        {
            new Thread(static () => { }).Start();
            return true;
        }
        catch (OutOfMemoryException)
        {
            return false;
        }
    }

    /// <summary>Sets the limit to the present count, which falls with each process that is reaped.</summary>
    public void ForbidThreads() => SetLimit(File.ReadAllText($"{_path}/pids.current"));

    public void AllowThreads() => SetLimit("max");

    public void Dispose()
    {
        AllowThreads();
        Move(Pids);
        Condition.WaitFor(() => File.ReadAllText($"{_path}/cgroup.procs").Length == 0, "the cgroup is empty", s_limit);
        Directory.Delete(_path);
    }

    private static void Move(string group) =>
        File.WriteAllText($"{group}/cgroup.procs", Environment.ProcessId.ToString(CultureInfo.InvariantCulture));

    private void SetLimit(string limit) => File.WriteAllText($"{_path}/pids.max", limit);
}
