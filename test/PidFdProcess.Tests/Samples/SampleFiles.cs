namespace PidFdProcess.Tests.Samples;

/// <summary>Where the samples are, built in the same configuration as this test.</summary>
internal static class SampleFiles
{
    public static string Dll(string sample) => Path.GetFullPath(
        AppContext.BaseDirectory.Replace("/test/PidFdProcess.Tests/", $"/samples/{sample}/", StringComparison.Ordinal) + sample + ".dll");
}
