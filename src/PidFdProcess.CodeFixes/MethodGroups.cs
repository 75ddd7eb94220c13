using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace PidFdProcess.CodeFixes;

/// <summary>Tells what code does with a method that it does not call.</summary>
internal static class MethodGroups
{
    /// <summary>Returns whether the code takes the address of the method. Only a static method has one.</summary>
    public static bool IsAddress(SyntaxNode method) =>
        method.Parent is PrefixUnaryExpressionSyntax address && address.IsKind(SyntaxKind.AddressOfExpression);

    /// <summary>Returns whether the compiler infers a delegate type from the method. It infers none from a method with overloads.</summary>
    public static bool InfersType(SyntaxNode method, SemanticModel model) =>
        method.Parent is EqualsValueClauseSyntax { Parent.Parent: VariableDeclarationSyntax { Type.IsVar: true } }
        || model.GetOperation(method)?.Parent is IDelegateCreationOperation { IsImplicit: true, Parent: IConversionOperation };
}
