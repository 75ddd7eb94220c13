using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace PidFdProcess.Conformance.Soaking;

/// <summary>Counts the operations of one thread of the soak, and keeps the last ones, which are printed when something goes wrong.</summary>
internal sealed class SoakLog(string name)
{
    private const int Kept = 50;

    private readonly Queue<string> _lines = [];
    private readonly StringBuilder _line = new();
    private readonly object _gate = new();
    private long _start = Stopwatch.GetTimestamp();
    private int _steps;

    public Dictionary<string, int> Counts { get; } = [];

    /// <summary>Gets the operation that took longest.</summary>
    public (TimeSpan Time, string Line) Slowest { get; private set; }

    /// <summary>Begins an operation. The log has it before it is done, so an operation that hangs is the last line.</summary>
    public void Begin(string operation, string subject)
    {
        Counts[operation] = Counts.GetValueOrDefault(operation) + 1;
        lock (_gate)
        {
            TimeSpan time = Stopwatch.GetElapsedTime(_start);
            _start = Stopwatch.GetTimestamp();
            if (time > Slowest.Time)
            {
                Slowest = (time, _line.ToString());
            }

            _lines.Enqueue(_line.ToString());
            if (_lines.Count >= Kept)
            {
                _lines.Dequeue();
            }

            _line.Clear().Append(CultureInfo.InvariantCulture, $"{++_steps,6} {operation} {subject}");
        }
    }

    /// <summary>Adds to the operation under way.</summary>
    public T Note<T>(T result, string? what = null)
    {
        lock (_gate)
        {
            _line.Append(what is null ? " " : $" {what} ").Append(result);
        }

        return result;
    }

    public override string ToString()
    {
        lock (_gate)
        {
            return $"the last operations of {name}:\n{string.Join('\n', _lines.Append(_line.ToString()).Where(line => line.Length > 0))}";
        }
    }
}
