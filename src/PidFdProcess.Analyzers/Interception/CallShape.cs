using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace PidFdProcess.Analyzers.Interception;

/// <summary>Tells which calls the compiler can reroute. The generator and the analyzers must agree on it.</summary>
internal static class CallShape
{
    /// <summary>Returns the name that is called, if the syntax allows an interceptor. It does not allow one in <c>(this.Kill)()</c>.</summary>
    public static SimpleNameSyntax? NameOf(InvocationExpressionSyntax invocation) => NameOf(invocation.Expression);

    /// <summary>Returns the name that is called, or <see langword="null"/> if a value is called.</summary>
    public static SimpleNameSyntax? NameInParentheses(InvocationExpressionSyntax invocation)
    {
        ExpressionSyntax called = invocation.Expression;
        while (called is ParenthesizedExpressionSyntax parenthesized)
        {
            called = parenthesized.Expression;
        }

        return NameOf(called);
    }

    /// <summary>
    /// Returns whether the operation is in a lambda that becomes an expression tree. The compiler does not reroute a call in it. The clauses of a
    /// query are lambdas, too.
    /// </summary>
    public static bool IsInExpressionTree(IOperation? operation)
    {
        for (IOperation? current = operation; current is not null; current = current.Parent)
        {
            if (current is IAnonymousFunctionOperation && ProcessTypes.Is(current.Parent?.Type, "Expression", "System", "Linq", "Expressions"))
            {
                return true;
            }
        }

        return false;
    }

    private static SimpleNameSyntax? NameOf(ExpressionSyntax called) => called switch
    {
        MemberAccessExpressionSyntax member => member.Name,
        MemberBindingExpressionSyntax binding => binding.Name,
        IdentifierNameSyntax identifier => identifier,
        _ => null,
    };
}
