using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace PidFdProcess.Analyzers;

/// <summary>Finds <c>[StockProcessCalls]</c>, which marks code whose stock calls stay as they are.</summary>
internal static class StockScope
{
    /// <summary>Returns whether the operation is in code that has the attribute.</summary>
    /// <remarks>The containing symbol of the context is the member. A lambda or local function inside it may have the attribute, too.</remarks>
    public static bool Contains(OperationAnalysisContext context) => Contains(
        context.Operation.SemanticModel?.GetEnclosingSymbol(context.Operation.Syntax.SpanStart, context.CancellationToken)
        ?? context.ContainingSymbol);

    /// <summary>Returns whether the symbol or a symbol that contains it has the attribute.</summary>
    public static bool Contains(ISymbol? symbol)
    {
        for (ISymbol? current = symbol; current is not null and not INamespaceSymbol; current = current.ContainingSymbol)
        {
            if (HasAttribute(current) || HasAttribute(OwnerOf(current)))
            {
                return true;
            }
        }

        return HasAttribute(symbol?.ContainingAssembly);
    }

    // The property or event of an accessor, or of the field behind it, in which an initializer runs.
    private static ISymbol? OwnerOf(ISymbol symbol) => symbol switch
    {
        IMethodSymbol accessor => accessor.AssociatedSymbol,
        IFieldSymbol field => field.AssociatedSymbol,
        _ => null,
    };

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
