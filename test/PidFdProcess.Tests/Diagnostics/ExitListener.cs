using System.Diagnostics.Metrics;

namespace PidFdProcess.Tests.Diagnostics;

/// <summary>Runs user code as a listener of the meter, when the next exit is counted and on the thread that counts it.</summary>
internal static class ExitListener
{
    public static MeterListener Once(Action act)
    {
        MeterListener listener = new()
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Name == "pidfdprocess.exits")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        int acted = 0;
        listener.SetMeasurementEventCallback<long>((instrument, _, _, _) =>
        {
            if (Interlocked.Exchange(ref acted, 1) == 0)
            {
                // On .NET 8 an instrument stays enabled when its listener is merely disposed.
                listener.DisableMeasurementEvents(instrument);
                act();
            }
        });
        listener.Start();
        return listener;
    }
}
