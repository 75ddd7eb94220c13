using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace PidFdProcess.Analyzers.Rules;

/// <summary>Finds native calls that keep the runtime from reaping its children, in a project that uses <c>Process</c>.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class ReapingAnalyzer : DiagnosticAnalyzer
{
    private const int SigChld = 17;
    private const int AllOfWaitId = 0;
    private const int WNoWait = 0x0100_0000;

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics => [Descriptors.Reaping];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.RegisterCompilationStartAction(static start =>
        {
            ConcurrentBag<Diagnostic> found = [];
            int usesProcess = 0;
            start.RegisterOperationAction(
                operation =>
                {
                    if (IsOfProcess(operation.Operation))
                    {
                        Volatile.Write(ref usesProcess, 1);
                    }
                    else if (operation.Operation is IInvocationOperation invocation && Find(invocation) is { } diagnostic)
                    {
                        found.Add(diagnostic);
                    }
                },
                OperationKind.Invocation,
                OperationKind.ObjectCreation);
            start.RegisterCompilationEndAction(end =>
            {
                if (Volatile.Read(ref usesProcess) == 1)
                {
                    foreach (Diagnostic diagnostic in found)
                    {
                        end.ReportDiagnostic(diagnostic);
                    }
                }
            });
        });
    }

    private static bool IsOfProcess(IOperation operation) => operation switch
    {
        IInvocationOperation invocation => ProcessTypes.IsProcess(invocation.TargetMethod.ContainingType)
            || ProcessTypes.IsOfLibrary(invocation.TargetMethod.ContainingType),
        IObjectCreationOperation creation => ProcessTypes.DerivesFromProcess(creation.Type) || ProcessTypes.IsOfLibrary(creation.Type),
        _ => false,
    };

    private static Diagnostic? Find(IInvocationOperation invocation)
    {
        string? name = NativeCall.NameOf(invocation.TargetMethod);
        bool reaps = name switch
        {
            "wait" or "wait3" => true,
            "waitpid" or "wait4" => Number(invocation, 0) is -1 or 0,
            "waitid" => Number(invocation, 0) == AllOfWaitId && !(Number(invocation, 3) is { } options && (options & WNoWait) != 0),
            "signal" or "sigaction" or "bsd_signal" => Number(invocation, 0) == SigChld,
            _ => false,
        };
        return reaps ? Diagnostic.Create(Descriptors.Reaping, Place.Of(invocation.Syntax), name) : null;
    }

    // Enums have constant values, too.
    private static long? Number(IInvocationOperation invocation, int ordinal)
    {
        IOperation? value = invocation.Arguments.FirstOrDefault(argument => argument.Parameter?.Ordinal == ordinal)?.Value;
        return value?.ConstantValue is { HasValue: true, Value: IConvertible constant and not (string or bool or char) }
            ? constant.ToInt64(null)
            : null;
    }
}
