using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;
using PidFdProcess.Analyzers.Interception;

namespace PidFdProcess.Analyzers.Rules;

/// <summary>
/// Reports stock calls. If the project has not set <c>PidFdProcessDropIn</c>, it suggests the counterpart of each call. Otherwise it lists the calls
/// that the compiler cannot reroute.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class StockCallAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics => [Descriptors.StockCall, Descriptors.NotRerouted];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.RegisterCompilationStartAction(static start =>
        {
            RepeatedFiles repeated = new(start.Compilation);
            start.RegisterOperationAction(operation => AnalyzeInvocation(operation, repeated), OperationKind.Invocation);
        });
        context.RegisterOperationAction(AnalyzeMethodGroup, OperationKind.MethodReference);
        context.RegisterOperationAction(AnalyzeProperty, OperationKind.PropertyReference);
        context.RegisterOperationAction(AnalyzeDynamic, OperationKind.DynamicInvocation);
        context.RegisterOperationAction(AnalyzeEvent, OperationKind.EventAssignment);
    }

    private static void AnalyzeInvocation(OperationAnalysisContext context, RepeatedFiles repeated)
    {
        IInvocationOperation invocation = (IInvocationOperation)context.Operation;
        StockMethod method = StockMethods.Find(invocation.TargetMethod);
        if (method == StockMethod.None)
        {
            AnalyzeReflection(context, invocation);
            return;
        }

        if (!IsOn(context))
        {
            // LookUpAnalyzer reports the look-ups.
            Suggest(context, invocation.TargetMethod.Name, method == StockMethod.GetProcessById ? null : Counterparts.Of(method));
        }
        else if (CallShape.IsInExpressionTree(invocation))
        {
            ReportStock(context, invocation.TargetMethod.Name, "a call in an expression tree", Counterparts.Of(method));
        }
        else if (invocation.Syntax is InvocationExpressionSyntax syntax && CallShape.NameOf(syntax) is null)
        {
            ReportStock(context, invocation.TargetMethod.Name, "a method in parentheses", Counterparts.Of(method));
        }
        else if (repeated.Contains(invocation.Syntax.SyntaxTree))
        {
            ReportStock(context, invocation.TargetMethod.Name, "a call in two files with the same text", Counterparts.Of(method));
        }
    }

    private static void AnalyzeMethodGroup(OperationAnalysisContext context)
    {
        IMethodReferenceOperation reference = (IMethodReferenceOperation)context.Operation;
        StockMethod method = StockMethods.Find(reference.Method);
        if (method != StockMethod.None)
        {
            Report(context, reference.Method.Name, "a method group", Counterparts.Of(method));
        }
    }

    private static void AnalyzeProperty(OperationAnalysisContext context)
    {
        IPropertyReferenceOperation reference = (IPropertyReferenceOperation)context.Operation;
        if (reference.Property.Name == "HasExited"
            && ProcessTypes.IsProcess(reference.Property.ContainingType)
            && reference.Parent is not INameOfOperation)
        {
            Report(context, reference.Property.Name, "a property", Counterparts.HasExited);
        }
    }

    // A handler is no call and needs no edit, unless it only completes a task that is awaited.
    private static void AnalyzeEvent(OperationAnalysisContext context)
    {
        IEventAssignmentOperation assignment = (IEventAssignmentOperation)context.Operation;
        if (assignment.EventReference is IEventReferenceOperation
            {
                Event: { Name: "Exited", ContainingType: var type },
                Instance: ILocalReferenceOperation or IParameterReferenceOperation,
            } reference
            && ProcessTypes.IsProcess(type)
            && !IsOn(context)
            && ExitedTask.Find(assignment.Syntax) is { Declaration: var declaration }
            && assignment.SemanticModel!.GetDeclaredSymbol(declaration.Declaration.Variables[0]) is ILocalSymbol { Type: var source }
            && ProcessTypes.Is(source, "TaskCompletionSource", "System", "Threading", "Tasks")
            && !StockScope.Contains(context))
        {
            context.ReportDiagnostic(
                Diagnostic.Create(Descriptors.StockCall, Place.Of(reference.Syntax), "Exited", ExitedTask.Replacement));
        }
    }

    private static void AnalyzeDynamic(OperationAnalysisContext context)
    {
        IDynamicInvocationOperation invocation = (IDynamicInvocationOperation)context.Operation;
        if (IsOn(context)
            && invocation.Operation is IDynamicMemberReferenceOperation member
            && StockMethods.IsName(member.MemberName)
            && (ProcessTypes.DerivesFromProcess(member.ContainingType) || IsDynamicProcess(member.Instance)))
        {
            ReportStock(context, member.MemberName, "a dynamic call", replacement: null);
        }
    }

    // Only a value that is converted or initialized from a process. Dynamic calls of these names on other objects are common.
    private static bool IsDynamicProcess(IOperation? instance)
    {
        if (instance is IConversionOperation conversion)
        {
            return ProcessTypes.DerivesFromProcess(conversion.Operand.Type);
        }

        return instance is ILocalReferenceOperation { Local: var local, SemanticModel: { } model }
            && local.DeclaringSyntaxReferences.FirstOrDefault() is { } declaration
            && model.GetOperation(declaration.GetSyntax()) is IVariableDeclaratorOperation { Initializer.Value: IConversionOperation initial }
            && ProcessTypes.DerivesFromProcess(initial.Operand.Type);
    }

    private static void AnalyzeReflection(OperationAnalysisContext context, IInvocationOperation invocation)
    {
        if (invocation.TargetMethod.Name is "GetMethod" or "GetProperty" or "InvokeMember"
            && ProcessTypes.Is(invocation.TargetMethod.ContainingType, "Type", "System")
            && invocation.Instance is ITypeOfOperation { TypeOperand: var type }
            && ProcessTypes.DerivesFromProcess(type)
            && invocation.Arguments.FirstOrDefault(static argument => argument.Parameter?.Ordinal == 0)?.Value.ConstantValue.Value is string name
            && (StockMethods.IsName(name) || name == "HasExited")
            && IsOn(context))
        {
            ReportStock(context, name, "a call by reflection", replacement: null);
        }
    }

    private static void Report(OperationAnalysisContext context, string name, string shape, string? replacement)
    {
        if (IsOn(context))
        {
            ReportStock(context, name, shape, replacement);
        }
        else
        {
            Suggest(context, name, replacement);
        }
    }

    private static void Suggest(OperationAnalysisContext context, string name, string? replacement)
    {
        if (replacement is not null && !StockScope.Contains(context))
        {
            context.ReportDiagnostic(Diagnostic.Create(
                Descriptors.StockCall, Place.Of(context.Operation.Syntax), With(replacement), name, replacement));
        }
    }

    private static void ReportStock(OperationAnalysisContext context, string name, string shape, string? replacement)
    {
        if (!StockScope.Contains(context))
        {
            context.ReportDiagnostic(Diagnostic.Create(
                Descriptors.NotRerouted, Place.Of(context.Operation.Syntax), With(replacement), name, shape));
        }
    }

    private static bool IsOn(OperationAnalysisContext context) => DropIn.IsOn(context.Operation.Syntax.SyntaxTree.Options);

    private static ImmutableDictionary<string, string?> With(string? replacement) => replacement is null
        ? ImmutableDictionary<string, string?>.Empty
        : ImmutableDictionary<string, string?>.Empty.Add(Descriptors.Replacement, replacement);
}
