using Microsoft.CodeAnalysis;

namespace PidFdProcess.Analyzers;

/// <summary>Recognises <c>System.Diagnostics.Process</c> without a look-up in the compilation.</summary>
internal static class ProcessTypes
{
    public const string Process = "System.Diagnostics.Process";

    private const string Library = "PidFdProcess";

    public static bool IsProcess(ISymbol? type) => Is(type, "Process", "System", "Diagnostics");

    /// <summary>Returns whether the type is <c>Process</c>, derives from it, or is a type parameter that does.</summary>
    public static bool DerivesFromProcess(ITypeSymbol? type)
    {
        if (type is ITypeParameterSymbol parameter)
        {
            foreach (ITypeSymbol constraint in parameter.ConstraintTypes)
            {
                if (DerivesFromProcess(constraint))
                {
                    return true;
                }
            }

            return false;
        }

        for (ITypeSymbol? current = type; current is not null; current = current.BaseType)
        {
            if (IsProcess(current))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Returns whether the type is a public type of this library.</summary>
    public static bool IsOfLibrary(ITypeSymbol? type) =>
        type is { ContainingNamespace: { Name: Library, ContainingNamespace.IsGlobalNamespace: true }, ContainingAssembly.Name: Library };

    /// <summary>Returns whether the symbol is the type with this name in this namespace. The parts begin with the outermost namespace.</summary>
    public static bool Is(ISymbol? type, string name, params string[] parts)
    {
        if (type is not INamedTypeSymbol { ContainingType: null } || type.Name != name)
        {
            return false;
        }

        INamespaceSymbol? current = type.ContainingNamespace;
        for (int i = parts.Length - 1; i >= 0; i--)
        {
            if (current is null || current.Name != parts[i])
            {
                return false;
            }

            current = current.ContainingNamespace;
        }

        return current is { IsGlobalNamespace: true };
    }
}
