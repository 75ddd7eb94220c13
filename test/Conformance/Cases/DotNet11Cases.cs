using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using PidFdProcess.Shared;

namespace PidFdProcess.Conformance;

/// <summary>
/// What the runtime's own <c>Process.Signal</c>, which .NET 11 adds, does to a stranger, beside this library. The README has the result in a row, so
/// the case also fails once the runtime spares the stranger. There are no cases on a runtime without the method.
/// </summary>
internal static class DotNet11Cases
{
    private const int Tries = 2000;

    private static readonly MethodInfo? s_signal = typeof(Process).GetMethod("Signal", [typeof(PosixSignal)]);

    public static Case[] All { get; } = s_signal is null ? [] : [new("process-signal", Needs.PidFds | Needs.Proc, SignalStranger)];

    private static void SignalStranger(ProcessHandleRegistry registry)
    {
        if (PidRecycler.Hindrance is { } hindrance)
        {
            throw new SkipException(hindrance);
        }

        using PipedProcess child = new("echo ready; exec cat");
        Check.Equal(ProcessRoute.PidFd, registry.Attach(child).Route);
        child.Kill();
        child.WaitForExit();
        using PipedProcess stranger = (PipedProcess)(
            PidRecycler.TryStart(child.Id, () => new PipedProcess("echo ready; exec cat"), Tries, Check.Limit)
            ?? throw new SkipException($"no process got PID {child.Id} in {Tries} tries"));

        Check.That(!registry.Signal(child, PosixSignal.SIGTERM));
        stranger.StandardInput.WriteLine("alive");
        stranger.StandardInput.Flush();
        Check.Equal("alive", stranger.ReadLine());

        bool isSent = (bool)s_signal!.Invoke(child, [PosixSignal.SIGTERM])!;
        Check.That(isSent && stranger.WaitForExit((int)Check.Limit.TotalMilliseconds), "Process.Signal kills the stranger, as the README says");
    }
}
