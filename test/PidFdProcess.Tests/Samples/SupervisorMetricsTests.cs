using System.Text;
using Mono.Unix.Native;

namespace PidFdProcess.Tests.Samples;

/// <summary>The metrics of the supervisor and the library, as dotnet-counters asks for them.</summary>
[TestClass]
public sealed class SupervisorMetricsTests
{
    // The provider with the arguments that dotnet-counters gives it.
    private const string Provider =
        "System.Diagnostics.Metrics:0xFFFFFFFFFFFFFFFF:5:Metrics=Supervisor,PidFdProcess;RefreshInterval=1;SessionId=test";

    [TestMethod]
    public void TheMetersOfTheProgramAndOfTheLibrary_AreVisibleFromOutside()
    {
        using SupervisorFolder folder = new();
        folder.AddShell("crashes", "sleep 0.05; exit 3", new { BackOff = "00:00:00.05", StableAfter = "00:00:00" });
        string trace = folder.File("trace.nettrace");
        using SupervisorProcess supervisor = SupervisorProcess.Start(
            folder.SettingsFile,
            ("DOTNET_EnableEventPipe", "1"),
            ("DOTNET_EventPipeOutputPath", trace),
            ("DOTNET_EventPipeConfig", Provider));
        supervisor.WaitFor("crashes: exited 3", times: 12);
        supervisor.Signal(Signum.SIGTERM);
        Assert.AreEqual(0, supervisor.WaitForExit().ExitCode);

        string text = Encoding.Unicode.GetString(File.ReadAllBytes(trace)) + Encoding.Unicode.GetString(File.ReadAllBytes(trace).AsSpan(1));
        Assert.Contains("supervisor.starts", text);
        Assert.Contains("supervisor.exits", text);
        Assert.Contains("supervisor.running", text);
        Assert.Contains("program=crashes", text);
        Assert.Contains("status=exited 3", text);
        Assert.Contains("pidfdprocess.", text);
    }
}
