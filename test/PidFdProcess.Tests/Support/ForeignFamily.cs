using System.Diagnostics;
using System.Globalization;

namespace PidFdProcess.Tests.Support;

/// <summary>Many foreign processes of one shell, which leaves them zombies until this object is disposed.</summary>
internal sealed class ForeignFamily : IDisposable
{
    private readonly Process _parent;

    public ForeignFamily(int count)
    {
        // The counting ends before the exec: sleep, the parent from then on, reaps nobody.
        string script = $"i=0; while [ $i -lt {count} ]; do sleep 1000 >/dev/null & echo $!; i=$((i+1)); done; exec sleep 1000";
        _parent = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", script]) { RedirectStandardOutput = true })!;
        Ids = new int[count];
        for (int i = 0; i < count; i++)
        {
            string line = _parent.StandardOutput.ReadLine() ?? throw new InvalidOperationException("The shell printed no PID.");
            Ids[i] = int.Parse(line, CultureInfo.InvariantCulture);
        }
    }

    /// <summary>Gets the PIDs.</summary>
    public int[] Ids { get; }

    public void Dispose()
    {
        // Zombies at the latest after this; their PIDs are theirs until the parent is gone.
        foreach (int id in Ids)
        {
            Census.KillByPid(id);
        }

        _parent.Kill();
        _parent.WaitForExit();
        _parent.Dispose();
    }
}
