using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Supervisor;

/// <summary>The meter <c>Supervisor</c>. The meter of the library is named <c>PidFdProcess</c>.</summary>
internal sealed class SupervisorMetrics : IDisposable
{
    private const string Program = "program";

    private readonly Meter _meter = new("Supervisor");
    private readonly Counter<long> _starts;
    private readonly Counter<long> _adoptions;
    private readonly Counter<long> _exits;

    // Observed, because a listener that comes later must see the programs that run already.
    private readonly ConcurrentDictionary<string, int> _running = [];

    public SupervisorMetrics()
    {
        _starts = _meter.CreateCounter<long>("supervisor.starts", "{process}");
        _adoptions = _meter.CreateCounter<long>("supervisor.adoptions", "{process}");
        _exits = _meter.CreateCounter<long>("supervisor.exits", "{process}");
        _meter.CreateObservableUpDownCounter(
            "supervisor.running", () => _running.Select(static each => new Measurement<int>(each.Value, Tag(Program, each.Key))), "{process}");
    }

    public void OnStarted(string program)
    {
        _starts.Add(1, Tag(Program, program));
        _running[program] = 1;
    }

    public void OnAdopted(string program)
    {
        _adoptions.Add(1, Tag(Program, program));
        _running[program] = 1;
    }

    public void OnExited(string program, string status)
    {
        _exits.Add(1, Tag(Program, program), Tag("status", status));
        _running[program] = 0;
    }

    public void Dispose() => _meter.Dispose();

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
