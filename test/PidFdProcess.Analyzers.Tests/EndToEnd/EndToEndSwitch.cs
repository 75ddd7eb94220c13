namespace PidFdProcess.Analyzers.Tests.EndToEnd;

/// <summary>Most of these tests build apps in many ways, which takes longer than all other tests. They run if they are asked for.</summary>
internal static class EndToEndSwitch
{
    private const string Variable = "PIDFDPROCESS_END_TO_END";

    public static bool IsOn => Environment.GetEnvironmentVariable(Variable) == "1";

    public static void Require()
    {
        if (!IsOn)
        {
            Assert.Inconclusive($"Builds dozens of apps; set {Variable}=1 to run it.");
        }
    }
}
