namespace PidFdProcess.Tests.Support;

/// <summary>The sources that this test was built from, for tests about the sources themselves.</summary>
internal static class RepositoryFiles
{
    private static readonly Lazy<string?> s_root = new(Find);

    /// <summary>Gets the folder of the repository, or ends the test if it was run elsewhere.</summary>
    public static string Root
    {
        get
        {
            if (s_root.Value is null)
            {
                Assert.Inconclusive("The sources are not there because the tests were moved away from the repository.");
            }

            return s_root.Value;
        }
    }

    /// <summary>Lists the files below a folder of the repository, except for the files that a build or a tool writes.</summary>
    public static IEnumerable<string> Enumerate(string folder, string pattern) =>
        Directory.EnumerateFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories)
            .Where(file => !Relative(file).Split('/').Any(static part => part is "bin" or "obj" or "artifacts" or "packages" or ".git"))
            .Order(StringComparer.Ordinal);

    /// <summary>Gets the path below the root.</summary>
    public static string Relative(string file) => Path.GetRelativePath(Root, file);

    /// <summary>Looks for the folder of the repository.</summary>
    internal static string? Find()
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "PidFdProcess.sln")))
        {
            directory = directory.Parent;
        }

        return directory?.FullName;
    }
}
