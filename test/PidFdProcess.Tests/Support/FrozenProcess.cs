using System.Diagnostics;
using PidFdProcess.Shared;

namespace PidFdProcess.Tests.Support;

/// <summary>A child in a frozen cgroup of its own. It is of version 1, because a frozen cgroup of version 2 lets a kill through.</summary>
internal sealed class FrozenProcess : IDisposable
{
    private const string Freezer = "/sys/fs/cgroup/freezer";

    private readonly string _group = $"{Freezer}/pidfdprocess{Environment.ProcessId}-{Guid.NewGuid():N}";

    public FrozenProcess()
        : this(TestProcesses.StartSleeper())
    {
    }

    public FrozenProcess(Process process)
    {
        Process = process;
        try
        {
            Directory.CreateDirectory(_group);
            File.WriteAllText($"{_group}/cgroup.procs", $"{Process.Id}");
            File.WriteAllText($"{_group}/freezer.state", "FROZEN");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            End();
            Assert.Inconclusive($"No cgroup can be frozen here: {e.Message}");
        }

        TestProcesses.WaitUntil(() => File.ReadAllText($"{_group}/freezer.state").Trim() == "FROZEN", "the cgroup is frozen");
    }

    public Process Process { get; }

    public bool HasPendingKill() => File.ReadLines($"/proc/{Process.Id}/status")
        .Any(static line => line.StartsWith("SigPnd", StringComparison.Ordinal) && line.EndsWith("100", StringComparison.Ordinal));

    public void Dispose()
    {
        File.WriteAllText($"{_group}/freezer.state", "THAWED");
        End();
        TestProcesses.WaitUntil(() => File.ReadAllText($"{_group}/cgroup.procs").Length == 0, "the cgroup is empty");
        Directory.Delete(_group);
    }

    private void End()
    {
        Native.KillByPid(Process.Id);
        Process.WaitForExit();
        Process.Dispose();
    }
}
