using System.Diagnostics;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Wait;

/// <summary>The child exits while a grandchild still holds the other end of the pipe.</summary>
[TestClass]
public sealed class StreamTests : IDisposable
{
    private const string Script = "exec 3<&0; ( read line <&3; echo late; echo late >&2 ) & exit 5";

    private readonly ProcessHandleRegistry _registry = new();
    private int _lines;

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task TheUntimedForms_WaitForTheEndOfStreams(bool asynchronous)
    {
        using Process process = Start();
        Task wait = asynchronous ? _registry.WaitForExitAsync(process) : Task.Run(() => _registry.WaitForExit(process, -1));
        TestProcesses.WaitUntil(() => process.HasExited, "the child has exited");
        Assert.IsFalse(wait.IsCompleted);

        process.StandardInput.WriteLine();

        await wait.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.AreEqual(2, _lines);
        Assert.AreEqual(5, process.ExitCode);
    }

    [TestMethod]
    public void TheTimedForm_EndsBeforeTheEndOfStreams()
    {
        using Process process = Start();
        Assert.IsTrue(_registry.WaitForExit(process, 30_000));
        Assert.AreEqual(0, Volatile.Read(ref _lines));
        process.StandardInput.WriteLine();
    }

    [TestMethod]
    public async Task Cancelling_EndsTheWaitForTheEndOfStreams()
    {
        using Process process = Start();
        using CancellationTokenSource source = new();
        Task wait = _registry.WaitForExitAsync(process, source.Token);
        TestProcesses.WaitUntil(() => process.HasExited, "the child has exited");
        await source.CancelAsync();

        OperationCanceledException e =
            await Assert.ThrowsAsync<OperationCanceledException>(() => wait.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.AreEqual(source.Token, e.CancellationToken);
        process.StandardInput.WriteLine();
    }

    public void Dispose() => _registry.Dispose();

    private Process Start()
    {
        Process process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", Script])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        process.OutputDataReceived += (_, line) => Count(line);
        process.ErrorDataReceived += (_, line) => Count(line);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private void Count(DataReceivedEventArgs line)
    {
        if (line.Data is not null)
        {
            Interlocked.Increment(ref _lines);
        }
    }
}
