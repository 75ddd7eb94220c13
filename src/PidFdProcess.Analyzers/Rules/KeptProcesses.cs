using System.Collections.Concurrent;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace PidFdProcess.Analyzers.Rules;

/// <summary>Collects the variables of a type that get a process by look-up, and the variables whose process is killed.</summary>
internal sealed class KeptProcesses
{
    private readonly ConcurrentBag<(IInvocationOperation LookUp, ISymbol? Variable)> _lookUps = [];
    private readonly ConcurrentDictionary<ISymbol, byte> _killed = new(SymbolEqualityComparer.Default);

    /// <summary>Gets the look-ups. For each of them tells whether its result is killed later.</summary>
    public IEnumerable<(IInvocationOperation LookUp, bool IsKilled)> LookUps => _lookUps.Select(
        lookUp => (lookUp.LookUp, lookUp.Variable is not null && _killed.ContainsKey(lookUp.Variable)));

    public void AddLookUp(IInvocationOperation lookUp) => _lookUps.Add((lookUp, VariableOf(lookUp)));

    /// <summary>Notes the variable on which a kill or a signal is called.</summary>
    public void AddKill(IInvocationOperation kill)
    {
        // The methods of this library have the process as the first argument.
        IOperation? receiver = ProcessTypes.IsProcess(kill.TargetMethod.ContainingType)
            ? kill.Instance
            : kill.Arguments.FirstOrDefault(static argument => argument.Parameter?.Ordinal == 0)?.Value;
        if (receiver is not null && RootOf(receiver) is { } variable)
        {
            _killed.TryAdd(variable, 0);
        }
    }

    // Returns the variable that the result is assigned to. If it is added to a collection, returns the variable of the collection.
    private static ISymbol? VariableOf(IOperation lookUp)
    {
        IOperation value = lookUp;
        for (IOperation? parent = lookUp.Parent; parent is not null; value = parent, parent = parent.Parent)
        {
            switch (parent)
            {
                case IConversionOperation or IParenthesizedOperation or ICoalesceOperation or IVariableInitializerOperation
                    or IConditionalOperation or ICollectionExpressionOperation or IArrayInitializerOperation or IArrayCreationOperation:
                    continue;
                case IVariableDeclaratorOperation declarator:
                    return declarator.Symbol;
                case IFieldInitializerOperation field:
                    return field.InitializedFields.FirstOrDefault();
                case IPropertyInitializerOperation property:
                    return property.InitializedProperties.FirstOrDefault();
                case IAssignmentOperation assignment when assignment.Value == value:
                    return RootOf(assignment.Target);
                case IArgumentOperation { Parent: IInvocationOperation { Instance: { } collection } add } when IsAdd(add.TargetMethod):
                    return RootOf(collection);

                // The result may pass through LINQ, as in GetProcessesByName(name).First().
                case IArgumentOperation { Parent: IInvocationOperation { TargetMethod.IsExtensionMethod: true } call }
                    when call.Arguments[0] == parent:
                    parent = call;
                    continue;
                case IArrayElementReferenceOperation:
                    continue;
                case IForEachLoopOperation loop when loop.Collection == value:
                    return loop.Locals.FirstOrDefault();
                default:
                    return null;
            }
        }

        return null;
    }

    private static bool IsAdd(IMethodSymbol method) => method.Name is "Add" or "AddRange" or "Enqueue" or "Push" or "TryAdd";

    private static ISymbol? RootOf(IOperation operation)
    {
        for (IOperation? current = operation; current is not null;)
        {
            switch (current)
            {
                case ILocalReferenceOperation local:
                    // In a loop over a collection, the kept variable is the collection. A loop over a result has only its own variable.
                    return (CollectionOf(local) is { } collection ? RootOf(collection) : null) ?? local.Local;
                case IFieldReferenceOperation field:
                    return field.Field;
                case IPropertyReferenceOperation { Property.IsIndexer: true, Instance: { } indexed }:
                    current = indexed;
                    break;
                case IPropertyReferenceOperation property when !ProcessTypes.DerivesFromProcess(property.Type) && property.Instance is { } owner:
                    current = owner;
                    break;
                case IPropertyReferenceOperation property:
                    return property.Property;
                case IParameterReferenceOperation parameter:
                    return parameter.Parameter;
                case IConditionalAccessInstanceOperation instance:
                    current = ReceiverOf(instance);
                    break;
                case IConversionOperation conversion:
                    current = conversion.Operand;
                    break;
                case IArrayElementReferenceOperation element:
                    current = element.ArrayReference;
                    break;
                case IInvocationOperation { TargetMethod.IsExtensionMethod: true } call:
                    current = call.Arguments.FirstOrDefault()?.Value;
                    break;
                case IInvocationOperation { TargetMethod.Name: "Dequeue" or "Pop" or "Peek", Instance: { } queue }:
                    current = queue;
                    break;
                default:
                    return null;
            }
        }

        return null;
    }

    private static IOperation? ReceiverOf(IConditionalAccessInstanceOperation instance)
    {
        for (IOperation? parent = instance.Parent; parent is not null; parent = parent.Parent)
        {
            if (parent is IConditionalAccessOperation access && access.Operation.Syntax == instance.Syntax)
            {
                return access.Operation;
            }
        }

        return null;
    }

    private static IOperation? CollectionOf(ILocalReferenceOperation local)
    {
        if (local.Local.DeclaringSyntaxReferences.FirstOrDefault()?.GetSyntax() is ForEachStatementSyntax loop
            && local.SemanticModel is { } model
            && loop.SyntaxTree == local.Syntax.SyntaxTree)
        {
            return model.GetOperation(loop.Expression);
        }

        return null;
    }
}
