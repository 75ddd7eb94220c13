using System.Diagnostics;

namespace QuickStart;

/// <summary>The processes of the tour. Whatever happens, none outlives it.</summary>
internal sealed class Cast : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<Process> _processes = [];

    public Process StartChild(string script) =>
        Add(Process.Start(new ProcessStartInfo("/bin/sh", ["-c", script]) { RedirectStandardInput = true, RedirectStandardOutput = true })!);

    /// <summary>Starts a sleeper whose parent is a shell. The shell reaps its child at once, or when it reads a line.</summary>
    public NonChildProcess StartNonChild(bool reapsAtOnce) =>
        new(StartChild($"sleep 1000 </dev/null >/dev/null & echo $!; {(reapsAtOnce ? "" : "read _;")} wait; exec sleep 1000"));

    public Process Add(Process process)
    {
        lock (_gate)
        {
            _processes.Add(process);
        }

        return process;
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (Process process in _processes)
            {
                // The object of a non-child has no StartInfo. It may name a stranger by now.
                if (IsOurChild(process))
                {
                    process.Kill(entireProcessTree: true);
                }

                process.Dispose();
            }

            _processes.Clear();
        }
    }

    private static bool IsOurChild(Process process)
    {
        try
        {
            return process.StartInfo is not null && !process.HasExited;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
