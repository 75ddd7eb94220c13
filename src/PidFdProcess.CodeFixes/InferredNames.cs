using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace PidFdProcess.CodeFixes;

/// <summary>Keeps the names that anonymous types and tuples infer from a property, because they infer no name from a call.</summary>
internal static class InferredNames
{
    /// <summary>Returns the member or element that has its name from the expression, or <see langword="null"/> if no code can use the name.</summary>
    public static SyntaxNode? HolderOf(SyntaxNode expression, SemanticModel model)
    {
        SyntaxNode value = expression;
        while (value.Parent is ConditionalAccessExpressionSyntax access && access.WhenNotNull == value)
        {
            value = access;
        }

        return value.Parent switch
        {
            AnonymousObjectMemberDeclaratorSyntax { NameEquals: null } member => member,
            ArgumentSyntax { NameColon: null, Parent: TupleExpressionSyntax tuple } element when IsNamed(tuple, element, model) => element,
            _ => null,
        };
    }

    /// <summary>Writes the name that the member or element has inferred.</summary>
    public static SyntaxNode Write(SyntaxNode holder, SyntaxNode rewritten)
    {
        if (rewritten is AnonymousObjectMemberDeclaratorSyntax member)
        {
            IdentifierNameSyntax name = Name(((AnonymousObjectMemberDeclaratorSyntax)holder).Expression).WithTrailingTrivia(SyntaxFactory.Space);
            return member.WithExpression(member.Expression.WithoutLeadingTrivia())
                .WithNameEquals(SyntaxFactory.NameEquals(name).WithTrailingTrivia(SyntaxFactory.Space))
                .WithLeadingTrivia(member.GetLeadingTrivia());
        }

        ArgumentSyntax element = (ArgumentSyntax)rewritten;
        return element.WithExpression(element.Expression.WithoutLeadingTrivia())
            .WithNameColon(SyntaxFactory.NameColon(Name(((ArgumentSyntax)holder).Expression)).WithTrailingTrivia(SyntaxFactory.Space))
            .WithLeadingTrivia(element.GetLeadingTrivia());
    }

    private static IdentifierNameSyntax Name(ExpressionSyntax value) => SyntaxFactory.IdentifierName(SyntaxFacts.TryGetInferredMemberName(value)!);

    // The type that the tuple is converted to decides on the names of its elements.
    private static bool IsNamed(TupleExpressionSyntax tuple, ArgumentSyntax element, SemanticModel model) =>
        !IsTakenApart(tuple)
        && model.GetTypeInfo(tuple).ConvertedType is INamedTypeSymbol { IsTupleType: true } type
        && type.TupleElements[tuple.Arguments.IndexOf(element)].Name == SyntaxFacts.TryGetInferredMemberName(element.Expression);

    private static bool IsTakenApart(TupleExpressionSyntax tuple) => tuple.Parent is SwitchExpressionSyntax or SwitchStatementSyntax
        or BinaryExpressionSyntax or IsPatternExpressionSyntax
        or AssignmentExpressionSyntax { Left: TupleExpressionSyntax or DeclarationExpressionSyntax };
}
