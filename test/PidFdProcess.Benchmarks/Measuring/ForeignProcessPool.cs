using System.Diagnostics;
using System.Globalization;

namespace PidFdProcess.Benchmarks.Measuring;

/// <summary>Non-child processes: children of another process, which reaps each of them as soon as it has exited.</summary>
internal sealed class ForeignProcessPool : IDisposable
{
    private readonly Process _parent;

    /// <summary>Starts small processes that the program in C forks. Without that program a shell starts larger ones.</summary>
    public ForeignProcessPool(string? floor, int count)
    {
        string shell =
            $"i=0; while [ $i -lt {count} ]; do sleep 100000 </dev/null >/dev/null & echo $!; i=$((i+1)); done; read end & wait";
        ProcessStartInfo start = floor is null
            ? new ProcessStartInfo("/bin/sh", ["-c", shell])
            : new ProcessStartInfo(floor, ["pool", count.ToString(CultureInfo.InvariantCulture)]);
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        _parent = Process.Start(start)!;
        Ids = new int[count];
        for (int i = 0; i < count; i++)
        {
            string line = _parent.StandardOutput.ReadLine() ?? throw new InvalidOperationException("The pool ended early.");
            Ids[i] = int.Parse(line, CultureInfo.InvariantCulture);
        }
    }

    public int[] Ids { get; }

    public void Dispose()
    {
        _parent.StandardInput.Close();
        if (_parent.StartInfo.FileName == "/bin/sh")
        {
            _parent.Kill(entireProcessTree: true);
        }

        _parent.WaitForExit();
        _parent.Dispose();
    }
}
