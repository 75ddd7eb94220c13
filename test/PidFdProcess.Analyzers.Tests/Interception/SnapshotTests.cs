using PidFdProcess.Analyzers.Tests.Support;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Analyzers.Tests.Interception;

/// <summary>The generated text as a reader sees it. UPDATE_SNAPSHOTS=1 writes the files again.</summary>
[TestClass]
public sealed class SnapshotTests
{
    private const string Instance = """
        using System.Diagnostics;

        class C
        {
            async Task M(Process p)
            {
                p.Kill();
                p.Kill(true);
                p.WaitForExit();
                p.WaitForExit(1);
                p.WaitForExit(TimeSpan.Zero);
                await p.WaitForExitAsync();
                p?.Kill();
                p?.Start();
            }
        }

        """;

    private const string Static = """
        using System.Diagnostics;

        Process.Start(new ProcessStartInfo());
        Process.Start("a");
        Process.Start("a", "b");
        Process.Start("a", ["b"]);
        Process.GetProcessById(1);
        Process.GetProcessById(1, ".");

        """;

    private const string Net11 = """
        using System.Diagnostics;
        using System.Runtime.InteropServices;

        class C
        {
            async Task M(Process p)
            {
                if (Process.TryGetProcessById(1, out Process? found))
                {
                    found.Signal(PosixSignal.SIGTERM);
                }

                p.WaitForExitStatus();
                await p.WaitForExitStatusAsync();
                p.TryWaitForExitStatus(TimeSpan.Zero, out _);
            }
        }

        """;

    [TestMethod]
    [DataRow(nameof(Instance), Instance)]
    [DataRow(nameof(Static), Static)]
    public void TheGeneratedFile_IsAsRecorded(string name, string source) =>
        AssertSnapshot(name, GeneratedProject.Compile(source.ReplaceLineEndings("\n")).Generated!);

    [TestMethod]
    public void TheGeneratedFile_ForNet11_IsAsRecorded() => AssertSnapshot(
        nameof(Net11), GeneratedProject.Compile(Net11.ReplaceLineEndings("\n"), references: TestPlatform.Net11References).Generated!);

    internal static void AssertSnapshot(string name, string text)
    {
        // [CallerFilePath] is no path of this machine in a build for CI, where the compiler writes /_/ for the folder of the repository.
        string path = Path.Combine(RepositoryFiles.Root, "test", "PidFdProcess.Analyzers.Tests", "Snapshots", name + ".g.cs.txt");
        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1")
        {
            File.WriteAllText(path, text);
        }

        Assert.AreEqual(File.ReadAllText(path).ReplaceLineEndings("\n"), text);
    }
}
