using System.Diagnostics;
using PidFdProcess.Shared;

namespace PidFdProcess.Tests.Support;

/// <summary>A running child of ours, and a registry of its own over a kernel that can be made to fail. The probe has succeeded.</summary>
internal sealed class MockedChild : IDisposable
{
    /// <param name="script">What a shell runs, whose output is redirected, or <see langword="null"/> for a sleeper.</param>
    public MockedChild(string? script = null)
    {
        Process = script is null ? TestProcesses.StartSleeper() : Process.Start(Shell.Info(script, redirectOutput: true))!;
        Registry = TestRegistry.On(Kernel.Platform);
        if (!Registry.Support.IsSupported)
        {
            Assert.Inconclusive(Registry.Support.ToString());
        }
    }

    public KernelMock Kernel { get; } = new();

    public ProcessHandleRegistry Registry { get; }

    public Process Process { get; }

    /// <summary>Kills the child past the library and waits until it is reaped.</summary>
    public void KillByStock()
    {
        Process.Kill();
        Process.WaitForExit();
    }

    /// <summary>Disposes the registry, and checks that no descriptor from the kernel stays open.</summary>
    public void AssertNothingStaysOpen()
    {
        Registry.Dispose();
        Kernel.AssertAllClosed();
    }

    public void Dispose()
    {
        KillByStock();
        Registry.Dispose();
        Process.Dispose();
        Kernel.Dispose();
    }
}
