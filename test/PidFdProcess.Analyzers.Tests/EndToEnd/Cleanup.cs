namespace PidFdProcess.Analyzers.Tests.EndToEnd;

/// <summary>Deletes the apps and packages after the last test.</summary>
[TestClass]
public static class Cleanup
{
    [AssemblyCleanup]
    public static Task Delete() => DropInPackage.DeleteSharedAsync();
}
