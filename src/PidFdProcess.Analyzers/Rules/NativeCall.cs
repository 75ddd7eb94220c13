using Microsoft.CodeAnalysis;

namespace PidFdProcess.Analyzers.Rules;

/// <summary>Recognises functions of the C library in P/Invokes and wrappers.</summary>
internal static class NativeCall
{
    /// <summary>
    /// Returns the name of the function that a P/Invoke calls, or that <c>Mono.Unix.Native</c> wraps. Returns <see langword="null"/> for any other
    /// method.
    /// </summary>
    public static string? NameOf(IMethodSymbol method)
    {
        if (ProcessTypes.Is(method.ContainingType, "Syscall", "Mono", "Unix", "Native")
            || ProcessTypes.Is(method.ContainingType, "Stdlib", "Mono", "Unix", "Native"))
        {
            return method.Name;
        }

        if (method.GetDllImportData() is { } import)
        {
            return import.EntryPointName ?? method.Name;
        }

        foreach (AttributeData attribute in method.GetAttributes())
        {
            if (ProcessTypes.Is(attribute.AttributeClass, "LibraryImportAttribute", "System", "Runtime", "InteropServices"))
            {
                foreach (KeyValuePair<string, TypedConstant> argument in attribute.NamedArguments)
                {
                    if (argument.Key == "EntryPoint" && argument.Value.Value is string entryPoint)
                    {
                        return entryPoint;
                    }
                }

                return method.Name;
            }
        }

        return null;
    }
}
