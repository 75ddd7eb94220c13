namespace PidFdProcess.Routes;

/// <summary>
/// One run of a process, for a call of several steps: until it is disposed, signals and waits by its route mean that run, whatever becomes of
/// the Process object. The stock route has nothing to hold on to: no route.
/// </summary>
internal readonly struct RoutePin(PidFdRoute? route) : IDisposable
{
    public PidFdRoute? Route => route;

    public void Dispose() => route?.Unpin();
}
