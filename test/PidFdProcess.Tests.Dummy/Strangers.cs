using System.Globalization;
using PidFdProcess.Shared;

namespace PidFdProcess.Tests.Dummy;

/// <summary>Starts processes under chosen PIDs, none of them a child of this program: their parent is a shell that was started before.</summary>
internal sealed class Strangers : IDisposable
{
    private const int Tries = 300;
    private const ulong KillBit = 1 << (Native.SigKill - 1);

    private readonly PipedProcess _parent = new("echo ready; while read line; do sleep 1000 >/dev/null 2>&1 & echo $!; done");
    private readonly List<int> _ids = [];

    // The first line may start a thread of the runtime, which would take the PID that is set for the stranger.
    public Strangers() => Native.KillByPid(Start());

    /// <summary>Starts one under a PID that is free. Whether that worked.</summary>
    public bool TryStart(int processId)
    {
        for (int i = 0; i < Tries; i++)
        {
            PidRecycler.SetNext(processId);
            int id = Start();
            if (id == processId)
            {
                _ids.Add(id);
                return true;
            }

            Native.KillByPid(id);
        }

        return false;
    }

    /// <summary>Whether the process runs and has been sent no SIGKILL, which the kernel shows as pending until the process has died.</summary>
    public static bool Lives(int processId)
    {
        try
        {
            string[] status = File.ReadAllLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/status"));
            return ProcessTable.StateOf(processId) is 'S' or 'R' && ((Pending(status, "SigPnd") | Pending(status, "ShdPnd")) & KillBit) == 0;
        }
        catch (IOException)
        {
            return false;
        }
    }

    public void Dispose()
    {
        _ids.ForEach(Native.KillByPid);
        Native.KillByPid(_parent.Id);
        _parent.Dispose();
    }

    private int Start()
    {
        _parent.StandardInput.WriteLine();
        return int.Parse(_parent.ReadLine(), CultureInfo.InvariantCulture);
    }

    private static ulong Pending(string[] status, string name) => ulong.Parse(
        status.First(line => line.StartsWith(name, StringComparison.Ordinal)).Split('\t')[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
