using System.Diagnostics.Metrics;

namespace PidFdProcess.Tests.Diagnostics;

/// <summary>
/// Listens to the library's meter and sums up its measurements by instrument and tags. Each read asks an observable instrument again.
/// </summary>
internal sealed class Measurements : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Dictionary<string, long> _sums = [];
    private readonly List<Instrument> _instruments = [];

    public Measurements(params string[] only)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == "PidFdProcess" && (only.Length == 0 || only.Contains(instrument.Name)))
            {
                _instruments.Add(instrument);
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>(Note);
        _listener.Start();
    }

    public IReadOnlyList<Instrument> Instruments => _instruments;

    /// <summary>Gets the sum, for example of <c>signals{signal=SIGTERM,result=sent}</c>. The prefix of the names is left out.</summary>
    public long this[string key]
    {
        get
        {
            _listener.RecordObservableInstruments();
            lock (_sums)
            {
                return _sums.GetValueOrDefault(key);
            }
        }
    }

    public string[] Keys()
    {
        lock (_sums)
        {
            return [.. _sums.Keys.Order(StringComparer.Ordinal)];
        }
    }

    public void Dispose()
    {
        // On .NET 8 an instrument stays enabled when its listener is merely disposed.
        _instruments.ForEach(instrument => _listener.DisableMeasurementEvents(instrument));
        _listener.Dispose();
    }

    private void Note(Instrument instrument, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        string labels = string.Join(',', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"));
        string key = instrument.Name["pidfdprocess.".Length..] + (labels.Length > 0 ? $"{{{labels}}}" : "");
        lock (_sums)
        {
            _sums[key] = instrument.IsObservable ? value : _sums.GetValueOrDefault(key) + value;
        }
    }
}
