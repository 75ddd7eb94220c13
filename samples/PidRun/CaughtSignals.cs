using System.Runtime.InteropServices;
using System.Threading.Channels;

namespace PidRun;

/// <summary>SIGINT and SIGTERM, which do not end this program any more, but queue up here.</summary>
internal sealed class CaughtSignals : IDisposable
{
    private readonly Channel<PosixSignal> _signals = Channel.CreateUnbounded<PosixSignal>();
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _terminate;

    public CaughtSignals()
    {
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Catch);
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Catch);
    }

    public Task<PosixSignal> NextAsync() => _signals.Reader.ReadAsync().AsTask();

    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
    }

    private void Catch(PosixSignalContext context)
    {
        context.Cancel = true;
        _signals.Writer.TryWrite(context.Signal);
    }
}
