using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace PidFdProcess.Analyzers.Rules;

/// <summary>
/// Follows a process from its look-up by PID or name. If the process is kept and killed later, reports PIDFD0005. Otherwise reports the look-up like
/// any other stock call.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class LookUpAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics => [Descriptors.KeptProcess, Descriptors.StockCall];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.RegisterSymbolStartAction(AnalyzeType, SymbolKind.NamedType);
    }

    private static void AnalyzeType(SymbolStartAnalysisContext context)
    {
        KeptProcesses kept = new();
        ISymbol type = context.Symbol;
        context.RegisterOperationAction(
            operation =>
            {
                IInvocationOperation invocation = (IInvocationOperation)operation.Operation;
                if (!SymbolEqualityComparer.Default.Equals(operation.ContainingSymbol.ContainingType, type))
                {
                    return;
                }

                if (IsLookUp(invocation.TargetMethod))
                {
                    kept.AddLookUp(invocation);
                }
                else if (IsKill(invocation.TargetMethod))
                {
                    kept.AddKill(invocation);
                }
            },
            OperationKind.Invocation);
        context.RegisterSymbolEndAction(end =>
        {
            foreach ((IInvocationOperation lookUp, bool isKilled) in kept.LookUps)
            {
                Report(end, lookUp, isKilled);
            }
        });
    }

    private static void Report(SymbolAnalysisContext context, IInvocationOperation lookUp, bool isKilled)
    {
        string name = lookUp.TargetMethod.Name;
        bool isById = name == "GetProcessById";
        ISymbol? enclosing = lookUp.SemanticModel!.GetEnclosingSymbol(lookUp.Syntax.SpanStart, context.CancellationToken);
        if (StockScope.Contains(enclosing) || !IsOnThisMachine(lookUp) || (isById && DropIn.IsOn(lookUp.Syntax.SyntaxTree.Options)))
        {
            return;
        }

        string replacement = isById ? Counterparts.Open : Counterparts.OpenByName;
        ImmutableDictionary<string, string?> properties =
            ImmutableDictionary<string, string?>.Empty.Add(Descriptors.Replacement, replacement);
        if (isKilled)
        {
            context.ReportDiagnostic(Diagnostic.Create(Descriptors.KeptProcess, Place.Of(lookUp.Syntax), properties, name, replacement));
        }
        else if (isById)
        {
            context.ReportDiagnostic(Diagnostic.Create(Descriptors.StockCall, Place.Of(lookUp.Syntax), properties, name, replacement));
        }
    }

    private static bool IsLookUp(IMethodSymbol method) =>
        method is { IsStatic: true, Name: "GetProcessById" or "GetProcessesByName" } && ProcessTypes.IsProcess(method.ContainingType);

    // A dot means this machine. Its name does, too, but is not known here.
    private static bool IsOnThisMachine(IInvocationOperation lookUp) => lookUp.Arguments.Length == 1
        || lookUp.Arguments.Any(static argument =>
            argument.Parameter?.Ordinal == 1 && argument.Value.ConstantValue is { HasValue: true, Value: "." });

    // A scope kills the processes that are added to it.
    private static bool IsKill(IMethodSymbol method) => ProcessTypes.IsProcess(method.ContainingType)
        ? method.Name is "Kill" or "Signal"
        : ProcessTypes.IsOfLibrary(method.ContainingType)
            && (method.Name.Contains("Kill") || method.Name.Contains("Signal") || method.Name.StartsWith("Stop", StringComparison.Ordinal)
                || (method.Name == "Add" && method.ContainingType.Name == "ProcessScope"));
}
