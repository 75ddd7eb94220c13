using System.Diagnostics.Metrics;

namespace Supervisor;

/// <summary>The meter <c>Supervisor</c>. That of the library is named <c>PidFdProcess</c>.</summary>
internal sealed class SupervisorMetrics : IDisposable
{
    private const string Program = "program";

    private readonly Meter _meter = new("Supervisor");
    private readonly Counter<long> _starts;
    private readonly Counter<long> _adoptions;
    private readonly Counter<long> _exits;
    private readonly UpDownCounter<long> _running;

    public SupervisorMetrics()
    {
        _starts = _meter.CreateCounter<long>("supervisor.starts", "{process}");
        _adoptions = _meter.CreateCounter<long>("supervisor.adoptions", "{process}");
        _exits = _meter.CreateCounter<long>("supervisor.exits", "{process}");
        _running = _meter.CreateUpDownCounter<long>("supervisor.running", "{process}");
    }

    public void OnStarted(string program)
    {
        _starts.Add(1, new KeyValuePair<string, object?>(Program, program));
        _running.Add(1, new KeyValuePair<string, object?>(Program, program));
    }

    public void OnAdopted(string program)
    {
        _adoptions.Add(1, new KeyValuePair<string, object?>(Program, program));
        _running.Add(1, new KeyValuePair<string, object?>(Program, program));
    }

    public void OnExited(string program, string status)
    {
        _exits.Add(1, new KeyValuePair<string, object?>(Program, program), new KeyValuePair<string, object?>("status", status));
        _running.Add(-1, new KeyValuePair<string, object?>(Program, program));
    }

    public void Dispose() => _meter.Dispose();
}
