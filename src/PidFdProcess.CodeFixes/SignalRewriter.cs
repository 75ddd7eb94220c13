using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using PidFdProcess.Analyzers.Rules;

namespace PidFdProcess.CodeFixes;

/// <summary>Rewrites a signal by PID into a signal through the pidfd, if the result stays the same.</summary>
internal sealed class SignalRewriter(SemanticModel model)
{
    private const string Signal = "SignalViaPidFd";
    private const string Kill = "KillViaPidFd";

    /// <summary>Returns the node to replace and its replacement, or <see langword="null"/> if there is no safe edit.</summary>
    public (SyntaxNode Node, ExpressionSyntax Replacement)? Find(SyntaxNode root, Diagnostic diagnostic, CancellationToken cancellationToken)
    {
        SyntaxNode name = root.FindNode(diagnostic.Location.SourceSpan, getInnermostNodeForTie: true);
        ExpressionSyntax? called = name.Parent is MemberAccessExpressionSyntax access && access.Name == name ? access : name as ExpressionSyntax;
        if (called is not null && model.GetOperation(called, cancellationToken) is IMethodReferenceOperation { Method.ContainingType: var type })
        {
            return Analyzers.ProcessTypes.IsProcess(type) && !MethodGroups.InfersType(called, model) && Rename(called, Signal) is { } group
                ? (called, group.WithTriviaFrom(called))
                : null;
        }

        if (name.FirstAncestorOrSelf<InvocationExpressionSyntax>() is not { } syntax
            || model.GetOperation(syntax, cancellationToken) is not IInvocationOperation invocation)
        {
            return null;
        }

        return invocation.TargetMethod.Name switch
        {
            "Start" => FromProgram(invocation),
            "Signal" when Analyzers.ProcessTypes.IsProcess(invocation.TargetMethod.ContainingType) => FromStock(syntax),
            "Signal" or "Kill" when NativeCall.NameOf(invocation.TargetMethod) is null => FromSafeHandle(syntax, invocation.TargetMethod.Name),
            _ => FromNative(syntax, invocation),
        };
    }

    private static (SyntaxNode Node, ExpressionSyntax Replacement)? FromStock(InvocationExpressionSyntax syntax) =>
        Rename(syntax.Expression, Signal) is { } renamed ? (syntax, syntax.WithExpression(renamed.WithTriviaFrom(syntax.Expression))) : null;

    private static ExpressionSyntax? Rename(ExpressionSyntax method, string name) => method switch
    {
        MemberAccessExpressionSyntax { Expression: BaseExpressionSyntax } => SyntaxFactory.ParseExpression("this." + name),
        MemberAccessExpressionSyntax access => access.WithName(SyntaxFactory.IdentifierName(name)),
        MemberBindingExpressionSyntax binding => binding.WithName(SyntaxFactory.IdentifierName(name)),
        IdentifierNameSyntax => SyntaxFactory.ParseExpression("this." + name),
        _ => null,
    };

    // process.SafeHandle.Kill()
    private (SyntaxNode Node, ExpressionSyntax Replacement)? FromSafeHandle(InvocationExpressionSyntax syntax, string method)
    {
        if (syntax.Expression is not MemberAccessExpressionSyntax { Expression: MemberAccessExpressionSyntax handle } access
            || model.GetSymbolInfo(handle).Symbol is not { Name: "SafeHandle" } property
            || !Analyzers.ProcessTypes.IsProcess(property.ContainingType))
        {
            return null;
        }

        ExpressionSyntax receiver = handle.Expression is BaseExpressionSyntax original
            ? SyntaxFactory.ThisExpression().WithTriviaFrom(original)
            : handle.Expression;
        ExpressionSyntax process = access.WithExpression(receiver).WithName(SyntaxFactory.IdentifierName(method == "Kill" ? Kill : Signal));
        return (syntax, syntax.WithExpression(process));
    }

    private (SyntaxNode Node, ExpressionSyntax Replacement)? FromNative(InvocationExpressionSyntax syntax, IInvocationOperation invocation)
    {
        if (invocation.Arguments.Length != 2
            || ReceiverOf(invocation.Arguments[0].Value) is not { } process
            || SignalOf(invocation.Arguments[1].Value, syntax.SpanStart) is not { } signal)
        {
            return null;
        }

        bool isStatement = IsDiscarded(invocation);
        if (isStatement && invocation.Arguments[1].Value.ConstantValue is { HasValue: true, Value: SignalNames.Kill })
        {
            return (syntax, Parse($"{process}.{Kill}()", syntax));
        }

        // A result that is compared or stored has no edit, because kill() returns -1 where SignalViaPidFd() throws.
        return isStatement || invocation.Parent is ISimpleAssignmentOperation { Target: IDiscardOperation }
            ? (syntax, Parse($"{process}.{Signal}({signal})", syntax))
            : null;
    }

    private (SyntaxNode Node, ExpressionSyntax Replacement)? FromProgram(IInvocationOperation invocation)
    {
        if (invocation.Arguments.Length != 2
            || invocation.Arguments[0].Value.ConstantValue.Value is not string program
            || !program.EndsWith("kill", StringComparison.Ordinal)
            || program.EndsWith("pkill", StringComparison.Ordinal)
            || WholeOf(invocation) is not { } whole
            || CommandLine.Read(invocation.Arguments[1].Value) is not { Id: { } id } line
            || !SignalNames.TryParseOptions(line.Options, out int signal)
            || ReceiverOf(id) is not { } process)
        {
            return null;
        }

        string call = signal == SignalNames.Kill
            ? $"{process}.{Kill}()"
            : $"{process}.{Signal}({SignalNames.Write(signal, PosixSignalName(invocation.Syntax.SpanStart))})";
        return (whole, Parse(call, whole));
    }

    // The call may be a statement of its own, or a wait for the end of kill(1) may follow it.
    private static ExpressionSyntax? WholeOf(IInvocationOperation invocation)
    {
        IOperation current = invocation;
        if (current.Parent is IConditionalAccessOperation { WhenNotNull: IInvocationOperation { TargetMethod.Name: "WaitForExit" } } access)
        {
            current = access;
        }
        else if (current.Parent is IInvocationOperation { TargetMethod.Name: "WaitForExit" } wait && wait.Instance == current)
        {
            current = wait;
        }

        return IsDiscarded(current) ? current.Syntax as ExpressionSyntax : null;
    }

    private static bool IsDiscarded(IOperation operation) =>
        operation.Parent is IExpressionStatementOperation
        && operation.Syntax.Parent is ExpressionStatementSyntax or ArrowExpressionClauseSyntax or LambdaExpressionSyntax;

    private static string? ReceiverOf(IOperation value)
    {
        while (value is IConversionOperation conversion)
        {
            value = conversion.Operand;
        }

        return ProcessIds.IsId(value)
            ? value.Syntax switch
            {
                MemberAccessExpressionSyntax { Expression: BaseExpressionSyntax } => "this",
                MemberAccessExpressionSyntax access => access.Expression.WithoutTrivia().ToString(),
                IdentifierNameSyntax => "this",
                _ => null,
            }
            : null;
    }

    private string? SignalOf(IOperation value, int position)
    {
        IOperation bare = value;
        while (bare is IConversionOperation { IsImplicit: true } conversion)
        {
            bare = conversion.Operand;
        }

        string text = bare.Syntax.WithoutTrivia().ToString();
        if (Analyzers.ProcessTypes.Is(bare.Type, "Signum", "Mono", "Unix", "Native"))
        {
            return text;
        }

        string type = PosixSignalName(position);
        if (value.ConstantValue is { HasValue: true, Value: int number and > 0 and <= SignalNames.Max })
        {
            return SignalNames.Write(number, type);
        }

        bool isPrimary = bare.Syntax is IdentifierNameSyntax or MemberAccessExpressionSyntax or LiteralExpressionSyntax or InvocationExpressionSyntax;
        return isPrimary ? $"({type}){text}" : $"({type})({text})";
    }

    private string PosixSignalName(int position) => model.LookupNamespacesAndTypes(position, name: "PosixSignal").IsEmpty
        ? "System.Runtime.InteropServices.PosixSignal"
        : "PosixSignal";

    private static ExpressionSyntax Parse(string text, SyntaxNode replaced) => SyntaxFactory.ParseExpression(text).WithTriviaFrom(replaced);
}
