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
    /// Returns whether the compiler accepts the interceptors. <c>PidFdProcess.targets</c> passes the option for that when the property is set.
    /// </summary>
    /// <remarks>
    /// Every syntax node has access to the options of its tree, so that a project without the property pays for no semantic look-up. A node has no
    /// access to an MSBuild property.
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

    /// <summary>Returns whether the language version has the features that the generated code uses.</summary>
    public static bool IsSupported(LanguageVersion version) => version >= LanguageVersion.CSharp12;
}
