using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;
using PidFdProcess.Benchmarks.Measuring;
using PidFdProcess.Benchmarks.Scenarios;

namespace PidFdProcess.Benchmarks.Micro;

/// <summary>The calls of <see cref="Calls"/> by BenchmarkDotNet. In this process: they need children and descriptors of it.</summary>
[MemoryDiagnoser]
[Config(typeof(ShortInProcess))]
public class CallBenchmarks : IDisposable
{
    private CallTargets _targets = null!;

    private sealed class ShortInProcess : ManualConfig
    {
        public ShortInProcess() => AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance)
            .WithWarmupCount(5).WithIterationCount(15).WithIterationTime(TimeInterval.FromMilliseconds(200)));
    }

    [GlobalSetup]
    public void Setup() => _targets = new CallTargets();

    [GlobalCleanup]
    public void Dispose()
    {
        _targets.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark]
    public void RawKill() => RawCalls.SendSignal(_targets.ZombieFd, 9);

    [Benchmark]
    public void Kill() => _targets.Registry.Kill(_targets.Zombie);

    [Benchmark]
    public void RawSignal0() => RawCalls.SendSignal(_targets.ChildFd, 0);

    [Benchmark]
    public bool Signal0() => _targets.Registry.Signal(_targets.Child, (PosixSignal)0);

    [Benchmark]
    public void RawPoll() => RawCalls.Poll(_targets.ChildFd, 0);

    [Benchmark]
    public bool HasExited() => _targets.Registry.HasExited(_targets.Child);

    [Benchmark]
    public bool TimedWait0() => _targets.Registry.WaitForExit(_targets.Child, 0);

    [Benchmark]
    public void RawOpenAndClose() => RawCalls.OpenAndClose(_targets.Child.Id);

    [Benchmark]
    public void AttachAndDetach() => CallTargets.AttachAndDetach(_targets.Registry, _targets.Child);
}
