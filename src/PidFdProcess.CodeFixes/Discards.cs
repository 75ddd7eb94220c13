using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace PidFdProcess.CodeFixes;

/// <summary>Tells whether code ignores a value, so that a value of another type can take its place.</summary>
internal static class Discards
{
    /// <summary>Returns whether the code ignores the result of the call. The result of a task is ignored if the code awaits only its end.</summary>
    public static bool IsResultIgnored(IInvocationOperation call)
    {
        IOperation current = call;
        for (IOperation? parent = call.Parent; parent is not null; current = parent, parent = parent.Parent)
        {
            switch (parent)
            {
                case IAwaitOperation:
                case IConditionalAccessOperation access when access.WhenNotNull == current:
                case IInvocationOperation { TargetMethod.Name: "ConfigureAwait" } configured when configured.Instance == current:
                    continue;
                case ISimpleAssignmentOperation { Target: IDiscardOperation } assignment:
                    return assignment.Value == current;
                default:
                    return parent is IExpressionStatementOperation;
            }
        }

        return false;
    }

    /// <summary>Returns whether the argument is <c>out _</c> or <c>out var _</c> without the name of the parameter.</summary>
    /// <remarks>A type in front of the underscore must be that of the parameter.</remarks>
    public static bool IsIgnored(IArgumentOperation argument) =>
        argument.Syntax is ArgumentSyntax { NameColon: null, Expression: IdentifierNameSyntax or DeclarationExpressionSyntax { Type.IsVar: true } }
        && argument.Value is IDiscardOperation;
}
