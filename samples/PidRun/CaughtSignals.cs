using System.Runtime.InteropServices;
using System.Threading.Channels;

namespace PidRun;

/// <summary>The signals that ask for an end, which do not end this program any more, but queue up here.</summary>
internal sealed class CaughtSignals : IDisposable
{
    private readonly Channel<PosixSignal> _signals = Channel.CreateUnbounded<PosixSignal>();
    private readonly PosixSignalRegistration[] _registrations;

    public CaughtSignals() => _registrations = Array.ConvertAll(
        (PosixSignal[])[PosixSignal.SIGHUP, PosixSignal.SIGINT, PosixSignal.SIGQUIT, PosixSignal.SIGTERM],
        signal => PosixSignalRegistration.Create(signal, Catch));

    public Task<PosixSignal> NextAsync() => _signals.Reader.ReadAsync().AsTask();

    public void Dispose() => Array.ForEach(_registrations, static registration => registration.Dispose());

    private void Catch(PosixSignalContext context)
    {
        context.Cancel = true;
        _signals.Writer.TryWrite(context.Signal);
    }
}
