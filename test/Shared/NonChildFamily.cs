using System.Globalization;

namespace PidFdProcess.Shared;

/// <summary>Many processes of one shell, none of them a child of this process. They stay zombies until this object is disposed.</summary>
internal sealed class NonChildFamily : IDisposable
{
    private readonly PipedProcess? _parent;

    public NonChildFamily(int count)
    {
        Ids = new int[count];
        if (count == 0)
        {
            return;
        }

        // The loop ends before the exec. From then on the parent is a sleeper, which does not reap.
        _parent = new PipedProcess($"i=0; while [ $i -lt {count} ]; do sleep 1000 >/dev/null & echo $!; i=$((i+1)); done; exec sleep 1000");
        for (int i = 0; i < count; i++)
        {
            Ids[i] = int.Parse(i == 0 ? _parent.FirstLine : _parent.ReadLine(), CultureInfo.InvariantCulture);
        }
    }

    /// <summary>Gets the PIDs.</summary>
    public int[] Ids { get; }

    public void Dispose()
    {
        // They are zombies at the latest after this, so their PIDs are their own until the parent is gone.
        Array.ForEach(Ids, Native.KillByPid);
        _parent?.Kill();
        _parent?.WaitForExit();
        _parent?.Dispose();
    }
}
