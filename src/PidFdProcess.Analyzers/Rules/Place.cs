using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using PidFdProcess.Analyzers.Interception;

namespace PidFdProcess.Analyzers.Rules;

/// <summary>Places a diagnostic at the name of the called method, so that each call of a chain has its own place.</summary>
internal static class Place
{
    public static Location Of(SyntaxNode node) => node switch
    {
        InvocationExpressionSyntax invocation => (CallShape.NameInParentheses(invocation) ?? (SyntaxNode)invocation).GetLocation(),
        MemberAccessExpressionSyntax member => member.Name.GetLocation(),
        MemberBindingExpressionSyntax binding => binding.Name.GetLocation(),
        _ => node.GetLocation(),
    };
}
