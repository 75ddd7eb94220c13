using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using PidFdProcess.Analyzers.Interception;

namespace PidFdProcess.Analyzers.Rules;

/// <summary>Where a diagnostic is shown: at the name that is called, so that a chain of calls has one place for each.</summary>
internal static class Place
{
    public static Location Of(SyntaxNode node) => node switch
    {
        InvocationExpressionSyntax invocation => (CallShape.NameOf(invocation) ?? (SyntaxNode)invocation).GetLocation(),
        MemberAccessExpressionSyntax member => member.Name.GetLocation(),
        MemberBindingExpressionSyntax binding => binding.Name.GetLocation(),
        _ => node.GetLocation(),
    };
}
