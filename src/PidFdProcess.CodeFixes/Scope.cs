using Microsoft.CodeAnalysis;

namespace PidFdProcess.CodeFixes;

/// <summary>Tells whether a name of the library can be used at a place in a file.</summary>
internal static class Scope
{
    private const string Registry = "ProcessHandleRegistry";

    /// <summary>Returns whether the call needs a using directive for <c>PidFdProcess</c>. A global directive may exist elsewhere.</summary>
    public static bool NeedsUsing(SemanticModel model, int position, string replacement)
    {
        if (replacement.StartsWith(Registry, StringComparison.Ordinal))
        {
            return model.LookupNamespacesAndTypes(position, name: Registry).IsEmpty;
        }

        INamedTypeSymbol? process = model.Compilation.GetTypeByMetadataName(Analyzers.ProcessTypes.Process);
        return model.LookupSymbols(position, process, replacement, includeReducedExtensionMethods: true).IsEmpty;
    }
}
