using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;
using PidFdProcess.Analyzers.Interception;

namespace PidFdProcess.Analyzers.Rules;

/// <summary>Finds signals to a PID in code that has the process object.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class SignalByPidAnalyzer : DiagnosticAnalyzer
{
    private const string One = "SignalViaPidFd";
    private const string Group = "SignalGroupViaPidFd";
    private const string StockSignal = "Process.Signal";
    private const string SafeHandle = "SafeProcessHandle.";

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics => [Descriptors.SignalByPid];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.RegisterOperationAction(AnalyzeInvocation, OperationKind.Invocation);
        context.RegisterOperationAction(AnalyzeMethodGroup, OperationKind.MethodReference);
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
                if (!IsRerouted(invocation))
                {
                    Report(context, StockSignal);
                }

                break;
            case "Signal" or "Kill" when IsOfSafeHandle(method):
                Report(context, SafeHandle + method.Name);
                break;
            default:
                if (invocation.Arguments.Length > 0
                    && NativeCall.NameOf(method) == "kill"
                    && FirstOf(invocation.Arguments).Value is var target
                    && ProcessIds.IsIn(target))
                {
                    Report(context, method.Name, ProcessIds.IsGroup(target) ? Group : One);
                }

                break;
        }
    }

    // If the project has set the property, the call goes through the pidfd, unless the compiler cannot reroute it.
    private static bool IsRerouted(IInvocationOperation invocation) => DropIn.IsOn(invocation.Syntax.SyntaxTree.Options)
        && invocation.Syntax is InvocationExpressionSyntax syntax
        && CallShape.NameOf(syntax) is not null
        && !CallShape.IsInExpressionTree(invocation);

    private static void AnalyzeMethodGroup(OperationAnalysisContext context)
    {
        IMethodReferenceOperation reference = (IMethodReferenceOperation)context.Operation;
        if (reference.Parent is INameOfOperation)
        {
            return;
        }

        if (StockMethods.Find(reference.Method) == StockMethod.Signal)
        {
            Report(context, StockSignal);
        }
        else if (reference.Method.Name is "Signal" or "Kill" && IsOfSafeHandle(reference.Method))
        {
            Report(context, SafeHandle + reference.Method.Name);
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

    private static bool IsOfSafeHandle(IMethodSymbol method) =>
        ProcessTypes.Is(method.ContainingType, "SafeProcessHandle", "Microsoft", "Win32", "SafeHandles");

    private static void Report(OperationAnalysisContext context, string call, string replacement = One)
    {
        if (!StockScope.Contains(context))
        {
            context.ReportDiagnostic(Diagnostic.Create(Descriptors.SignalByPid, Place.Of(context.Operation.Syntax), call, replacement));
        }
    }
}
