using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace PidFdProcess.Analyzers.Rules;

/// <summary>Finds <c>process.Id</c> in a value.</summary>
internal static class ProcessIds
{
    /// <summary>Returns whether the value contains the PID of a process object, directly or through a local variable.</summary>
    public static bool IsIn(IOperation operation)
    {
        foreach (IOperation part in operation.DescendantsAndSelf())
        {
            if (IsId(part) || (part is ILocalReferenceOperation local && IsInitializedWithId(local)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Returns whether the operation is <c>process.Id</c>.</summary>
    public static bool IsId(IOperation operation) =>
        operation is IPropertyReferenceOperation { Property: { Name: "Id" } property } && ProcessTypes.IsProcess(property.ContainingType);

    /// <summary>Returns whether the value is <c>-process.Id</c>, which means the group of that id.</summary>
    public static bool IsGroup(IOperation operation) => WithoutConversion(operation) is IUnaryOperation { OperatorKind: UnaryOperatorKind.Minus };

    private static bool IsInitializedWithId(ILocalReferenceOperation reference)
    {
        if (reference.SemanticModel is not { } model
            || reference.Local.DeclaringSyntaxReferences.FirstOrDefault() is not { } declaration
            || declaration.SyntaxTree != reference.Syntax.SyntaxTree)
        {
            return false;
        }

        IOperation? value = model.GetOperation(declaration.GetSyntax()) is IVariableDeclaratorOperation declarator
            ? declarator.GetVariableInitializer()?.Value
            : null;
        return value is not null && IsId(WithoutConversion(value));
    }

    private static IOperation WithoutConversion(IOperation value)
    {
        while (value is IConversionOperation conversion)
        {
            value = conversion.Operand;
        }

        return value;
    }
}
