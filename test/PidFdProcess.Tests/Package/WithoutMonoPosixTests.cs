namespace PidFdProcess.Tests.Package;

/// <summary>
/// A program whose calls name no type of Mono.Posix needs no such assembly. There is none for s390x, ppc64le, RISC-V and LoongArch.
/// </summary>
[TestClass]
public sealed class WithoutMonoPosixTests
{
    private const string Assembly = "Mono.Posix.NETStandard.dll";

    private const string Program = """
        using System.Diagnostics;
        using System.Runtime.InteropServices;
        using PidFdProcess;

        using Process killed = Process.Start("/bin/sleep", "1000");
        killed.KillViaPidFd();
        await killed.WaitForExitPidFdAsync();
        using Process signalled = Process.Start("/bin/sleep", "1000");
        signalled.SignalViaPidFd(PosixSignal.SIGTERM);
        PidFdExitStatus status = signalled.WaitForExitStatusPidFd();
        using Process stopped = Process.Start("/bin/sleep", "1000");
        PidFdExitStatus end = await stopped.StopViaPidFdAsync(TimeSpan.FromSeconds(30));
        using Process tree = Process.Start("/bin/sh", ["-c", "sleep 1000 & wait"]);
        tree.KillViaPidFd(entireProcessTree: true);
        bool isOver = tree.WaitForExitPidFd(TimeSpan.FromSeconds(30));
        Console.WriteLine($"{killed.ExitCode}, {status} by {status.PosixSignal}, {end}, {isOver}");
        Console.WriteLine(AppDomain.CurrentDomain.GetAssemblies().Any(assembly => assembly.GetName().Name!.Contains("Mono")));
        """;

    [TestMethod]
    public async Task KillWaitAndStatus_WhenTheAssemblyIsMissing_DoNotLoadIt()
    {
        Consumer program = new(await PackedLibrary.SharedAsync(), "net10.0", new Dictionary<string, string> { ["Program.cs"] = Program });
        await program.BuildAsync();
        File.Delete(program.PathOf("out", Assembly));

        // Without this list the host does not look for the assembly, and takes the others from the folder.
        File.Delete(program.PathOf("out", "Consumer.deps.json"));
        string output = await program.RunAsync([], new Dictionary<string, string?> { [PidFdSupport.DisabledVariable] = null });

        StringAssert.Contains(output, "137, killed by SIGTERM by SIGTERM, killed by SIGTERM, True");
        StringAssert.Contains(output, "False");
    }
}
