using System.Diagnostics;
using System.Globalization;

namespace DropIn;

/// <summary>
/// An ordinary supervisor. It adopts services by their PID files, and stops them. It knows nothing of pidfds, and is never edited.
/// </summary>
internal sealed class Supervisor : IDisposable
{
    private readonly List<Process> _services = [];

    public void Adopt(string pidFile) =>
        _services.Add(Process.GetProcessById(int.Parse(File.ReadAllText(pidFile), CultureInfo.InvariantCulture)));

    public void StopAll()
    {
        foreach (Process service in _services)
        {
            service.Kill();
        }
    }

    public void Dispose() => _services.ForEach(service => service.Dispose());
}
