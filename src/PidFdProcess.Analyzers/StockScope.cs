using Microsoft.CodeAnalysis;

namespace PidFdProcess.Analyzers;

/// <summary>Finds <c>[StockProcessCalls]</c>, which marks code whose stock calls stay as they are.</summary>
internal static class StockScope
{
    /// <summary>Returns whether the symbol or a symbol that contains it has the attribute.</summary>
    public static bool Contains(ISymbol? symbol)
    {
        for (ISymbol? current = symbol; current is not null and not INamespaceSymbol; current = current.ContainingSymbol)
        {
            if (HasAttribute(current) || (current is IMethodSymbol { AssociatedSymbol: { } property } && HasAttribute(property)))
            {
                return true;
            }
        }

        return HasAttribute(symbol?.ContainingAssembly);
    }

    private static bool HasAttribute(ISymbol? symbol)
    {
        if (symbol is null)
        {
            return false;
        }

        foreach (AttributeData attribute in symbol.GetAttributes())
        {
            if (ProcessTypes.Is(attribute.AttributeClass, "StockProcessCallsAttribute", "PidFdProcess"))
            {
                return true;
            }
        }

        return false;
    }
}
