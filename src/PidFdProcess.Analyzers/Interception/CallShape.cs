using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace PidFdProcess.Analyzers.Interception;

/// <summary>Tells which calls the compiler can reroute. The generator and the analyzers must agree on it.</summary>
internal static class CallShape
{
    /// <summary>Returns the name that is called, if the syntax allows an interceptor.</summary>
    public static SimpleNameSyntax? NameOf(InvocationExpressionSyntax invocation) => invocation.Expression switch
    {
        MemberAccessExpressionSyntax member => member.Name,
        MemberBindingExpressionSyntax binding => binding.Name,
        IdentifierNameSyntax identifier => identifier,
        _ => null,
    };

    /// <summary>Returns whether the node is in a lambda that becomes an expression tree. The compiler does not reroute a call in it.</summary>
    public static bool IsInExpressionTree(SyntaxNode node, SemanticModel model, CancellationToken cancellationToken)
    {
        for (SyntaxNode? current = node.Parent; current is not null and not MemberDeclarationSyntax; current = current.Parent)
        {
            if (current is LambdaExpressionSyntax lambda)
            {
                if (IsExpression(model.GetTypeInfo(lambda, cancellationToken).ConvertedType))
                {
                    return true;
                }
            }
            else if (current is QueryClauseSyntax or SelectOrGroupClauseSyntax && IsQueryOverExpressions(current, model, cancellationToken))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsExpression(ITypeSymbol? type) => ProcessTypes.Is(type, "Expression", "System", "Linq", "Expressions");

    private static bool IsQueryOverExpressions(SyntaxNode clause, SemanticModel model, CancellationToken cancellationToken)
    {
        SymbolInfo info = clause is QueryClauseSyntax query
            ? model.GetQueryClauseInfo(query, cancellationToken).OperationInfo
            : model.GetSymbolInfo(clause, cancellationToken);
        if (info.Symbol is IMethodSymbol method)
        {
            foreach (IParameterSymbol parameter in method.Parameters)
            {
                if (IsExpression(parameter.Type))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
