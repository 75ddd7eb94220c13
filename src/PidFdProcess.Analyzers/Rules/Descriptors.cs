using System.Reflection;
using Microsoft.CodeAnalysis;

namespace PidFdProcess.Analyzers.Rules;

/// <summary>The diagnostics of the analyzers and the generator.</summary>
internal static class Descriptors
{
    public const string StockCallId = "PIDFD0001";
    public const string NotReroutedId = "PIDFD0002";
    public const string SignalByPidId = "PIDFD0003";
    public const string ReapingId = "PIDFD0004";
    public const string KeptProcessId = "PIDFD0005";
    public const string LanguageVersionId = "PIDFD0100";

    /// <summary>The name of the property that tells the code fix which method replaces the call.</summary>
    public const string Replacement = "Replacement";

    private const string Category = "Reliability";

    public static readonly DiagnosticDescriptor StockCall = new(
        StockCallId,
        "A stock call goes by PID",
        "Use '{1}' in place of 'Process.{0}', so that the call goes through the pidfd",
        Category,
        DiagnosticSeverity.Info,
        isEnabledByDefault: true,
        helpLinkUri: Help(StockCallId));

    public static readonly DiagnosticDescriptor NotRerouted = new(
        NotReroutedId,
        "The drop-in cannot reroute this",
        "'Process.{0}' stays stock, because the compiler cannot reroute {1}",
        Category,
        DiagnosticSeverity.Info,
        isEnabledByDefault: true,
        helpLinkUri: Help(NotReroutedId));

    public static readonly DiagnosticDescriptor SignalByPid = new(
        SignalByPidId,
        "A signal goes by PID",
        "'{0}' signals any process that has the PID at that time. Use '{1}'.",
        Category,
        DiagnosticSeverity.Warning,
        isEnabledByDefault: true,
        helpLinkUri: Help(SignalByPidId));

    public static readonly DiagnosticDescriptor Reaping = new(
        ReapingId,
        "The runtime loses its children",
        "'{0}' takes the exits of all children, so that the runtime does not see the exits of children that 'Process' has started",
        Category,
        DiagnosticSeverity.Warning,
        isEnabledByDefault: true,
        helpLinkUri: Help(ReapingId),
        customTags: WellKnownDiagnosticTags.CompilationEnd);

    public static readonly DiagnosticDescriptor KeptProcess = new(
        KeptProcessId,
        "A process is looked up by PID and killed later",
        "The process from '{0}' is kept and killed later, when its PID may have a new owner. Use '{1}'.",
        Category,
        DiagnosticSeverity.Info,
        isEnabledByDefault: true,
        helpLinkUri: Help(KeptProcessId));

    public static readonly DiagnosticDescriptor LanguageVersion = new(
        LanguageVersionId,
        "The drop-in needs C# 12",
        "PidFdProcessDropIn needs C# 12 or later, and this project is C# {0}. Raise LangVersion, or remove the property.",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        helpLinkUri: Help(LanguageVersionId));

    /// <summary>Returns the page of a rule in a repository, or <see langword="null"/> if the address of the repository is not known.</summary>
    internal static string? PageIn(string? repository, string id)
    {
        if (repository is null || !repository.StartsWith("https:", StringComparison.Ordinal))
        {
            return null;
        }

        string root = repository.EndsWith(".git", StringComparison.Ordinal) ? repository.Substring(0, repository.Length - ".git".Length) : repository;
        return $"{root.TrimEnd('/')}/blob/HEAD/src/PidFdProcess/README.md#{id.ToLowerInvariant()}";
    }

    // The SDK writes the address of the repository into the assembly, if the build knows the address. Otherwise a rule has no link, because the path
    // in the repository means nothing to an editor.
    private static string? Help(string id)
    {
        string? repository = typeof(Descriptors).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .FirstOrDefault(static metadata => metadata.Key == "RepositoryUrl")?.Value;
        return PageIn(repository, id);
    }
}
