namespace PidFdProcess.Analyzers.Tests.EndToEnd;

/// <summary>These tests pack the library and build dozens of apps, which takes longer than all other tests. They run if they are asked for.</summary>
internal static class EndToEndSwitch
{
    private const string Variable = "PIDFDPROCESS_END_TO_END";

    public static void Require()
    {
        if (Environment.GetEnvironmentVariable(Variable) != "1")
        {
            Assert.Inconclusive($"Builds dozens of apps; set {Variable}=1 to run it.");
        }
    }
}
