using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;
using PidFdProcess.Analyzers.Interception;

namespace PidFdProcess.Analyzers.Rules;

/// <summary>Finds signals to a PID in code that has the process object.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class SignalByPidAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics => [Descriptors.SignalByPid];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.RegisterOperationAction(AnalyzeInvocation, OperationKind.Invocation);
        context.RegisterOperationAction(AnalyzeCreation, OperationKind.ObjectCreation);
    }

    private static void AnalyzeInvocation(OperationAnalysisContext context)
    {
        IInvocationOperation invocation = (IInvocationOperation)context.Operation;
        IMethodSymbol method = invocation.TargetMethod;
        switch (method.Name)
        {
            case "Start" when method.IsStatic && ProcessTypes.IsProcess(method.ContainingType):
                AnalyzeProgram(context, invocation.Arguments, invocation.Arguments);
                break;
            case "Signal" when StockMethods.Find(method) == StockMethod.Signal:
                AnalyzeStockSignal(context, invocation);
                break;
            case "Signal" or "Kill" when ProcessTypes.Is(method.ContainingType, "SafeProcessHandle", "Microsoft", "Win32", "SafeHandles"):
                Report(context, "SafeProcessHandle." + method.Name);
                break;
            default:
                if (invocation.Arguments.Length > 0
                    && NativeCall.NameOf(method) == "kill"
                    && ProcessIds.IsIn(FirstOf(invocation.Arguments).Value))
                {
                    Report(context, method.Name);
                }

                break;
        }
    }

    // If the project has set the property, the call goes through the pidfd, unless it is in an expression tree.
    private static void AnalyzeStockSignal(OperationAnalysisContext context, IInvocationOperation invocation)
    {
        bool isRerouted = DropIn.IsOn(invocation.Syntax.SyntaxTree.Options)
            && !CallShape.IsInExpressionTree(invocation.Syntax, invocation.SemanticModel!, context.CancellationToken);
        ISymbol? enclosing = invocation.SemanticModel!.GetEnclosingSymbol(invocation.Syntax.SpanStart, context.CancellationToken);
        if (!isRerouted && !StockScope.Contains(enclosing))
        {
            Report(context, "Process.Signal");
        }
    }

    private static void AnalyzeCreation(OperationAnalysisContext context)
    {
        IObjectCreationOperation creation = (IObjectCreationOperation)context.Operation;
        if (!ProcessTypes.Is(creation.Type, "ProcessStartInfo", "System", "Diagnostics"))
        {
            return;
        }

        IEnumerable<IOperation> initializers = creation.Initializer?.Initializers ?? [];
        if (creation.Arguments.Length > 0)
        {
            AnalyzeProgram(context, creation.Arguments, [.. creation.Arguments, .. initializers]);
        }
        else if (FileNameOf(initializers) is { } name)
        {
            AnalyzeProgram(context, name, initializers);
        }
    }

    private static void AnalyzeProgram(
        OperationAnalysisContext context, ImmutableArray<IArgumentOperation> arguments, IEnumerable<IOperation> values)
    {
        if (arguments.Length > 0 && FirstOf(arguments).Value.ConstantValue is { HasValue: true, Value: string program })
        {
            AnalyzeProgram(context, program, values);
        }
    }

    private static void AnalyzeProgram(OperationAnalysisContext context, string program, IEnumerable<IOperation> values)
    {
        string name = program.Substring(program.LastIndexOf('/') + 1);
        if (name is "pkill" or "killall" || (name == "kill" && values.Any(ProcessIds.IsIn)))
        {
            Report(context, name);
        }
    }

    private static string? FileNameOf(IEnumerable<IOperation> initializers)
    {
        foreach (IOperation initializer in initializers)
        {
            if (initializer is ISimpleAssignmentOperation
                {
                    Target: IPropertyReferenceOperation { Property.Name: "FileName" },
                    Value.ConstantValue: { HasValue: true, Value: string name },
                })
            {
                return name;
            }
        }

        return null;
    }

    private static IArgumentOperation FirstOf(ImmutableArray<IArgumentOperation> arguments) =>
        arguments.FirstOrDefault(static argument => argument.Parameter?.Ordinal == 0) ?? arguments[0];

    private static void Report(OperationAnalysisContext context, string call) =>
        context.ReportDiagnostic(Diagnostic.Create(Descriptors.SignalByPid, Place.Of(context.Operation.Syntax), call));
}
