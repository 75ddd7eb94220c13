using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace PidFdProcess.Analyzers;

/// <summary>Tells whether the project has set <c>PidFdProcessDropIn</c>.</summary>
internal static class DropIn
{
    /// <summary>The namespace of the generated interceptors.</summary>
    public const string Namespace = "PidFdProcess.Generated";

    private const string Feature = "InterceptorsNamespaces";

    /// <summary>
    /// Returns whether the compiler was told to accept our interceptors, as <c>PidFdProcess.targets</c> does when the property is set.
    /// </summary>
    /// <remarks>
    /// The options of a syntax tree are at hand wherever a node is, so that a project without the property pays for no semantic look-up.
    /// An MSBuild property is not at hand there.
    /// </remarks>
    public static bool IsOn(ParseOptions? options)
    {
        if (options is null || !options.Features.TryGetValue(Feature, out string? namespaces))
        {
            return false;
        }

        foreach (string name in namespaces.Split(';'))
        {
            if (name.Trim() == Namespace)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Returns whether the language has what the generated code is written in.</summary>
    public static bool IsSupported(LanguageVersion version) => version >= LanguageVersion.CSharp12;
}
