namespace PidFdProcess.Tests.Package;

/// <summary>How a project in a folder of its own finds the packed library.</summary>
internal static class LocalFeed
{
    /// <summary>Writes a nuget.config with the feed into the folder.</summary>
    public static void AddTo(string folder, string feed)
    {
        // The machine's own sources stay in force beside the feed, and what its cache has need not be fetched again.
        File.WriteAllText(Path.Combine(folder, "nuget.config"), $"""
            <configuration>
              <packageSources>
                <add key="packed" value="{feed}" />
              </packageSources>
              <fallbackPackageFolders>
                <add key="machine" value="{MachinePackages()}" />
              </fallbackPackageFolders>
            </configuration>
            """);
    }

    private static string MachinePackages()
    {
        string folder = Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } named
            ? named
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

        // NuGet insists that a fallback folder exists.
        return Directory.CreateDirectory(folder).FullName;
    }
}
