using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;
using PidFdProcess.Analyzers.Rules;

namespace PidFdProcess.Analyzers.Interception;

/// <summary>Reroutes the stock calls of a project that sets <c>PidFdProcessDropIn</c>, by interceptors that only the compiler can name.</summary>
[Generator(LanguageNames.CSharp)]
public sealed class InterceptorGenerator : IIncrementalGenerator
{
    internal const string CallsStep = "PidFdProcess.Calls";
    internal const string AllCallsStep = "PidFdProcess.AllCalls";

    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        IncrementalValuesProvider<InterceptedCall> calls = context.SyntaxProvider
            .CreateSyntaxProvider(static (node, _) => IsCandidate(node), static (syntax, token) => Find(syntax, token))
            .Where(static call => call.Method != StockMethod.None)
            .WithTrackingName(CallsStep);
        IncrementalValueProvider<EquatableArray<InterceptedCall>> all = calls.Collect()
            .Select(static (found, _) => new EquatableArray<InterceptedCall>(found))
            .WithTrackingName(AllCallsStep);

        context.RegisterImplementationSourceOutput(all, static (output, found) =>
        {
            if (!found.Items.IsEmpty)
            {
                output.AddSource(InterceptorSource.HintName, SourceText.From(InterceptorSource.Write(found.Items), System.Text.Encoding.UTF8));
            }
        });

        IncrementalValueProvider<LanguageVersion?> tooOld = context.ParseOptionsProvider.Select(static (options, _) =>
            DropIn.IsOn(options) && options is CSharpParseOptions { LanguageVersion: var version } && !DropIn.IsSupported(version)
                ? version
                : (LanguageVersion?)null);
        context.RegisterSourceOutput(tooOld, static (output, version) =>
        {
            if (version is { } old)
            {
                output.ReportDiagnostic(Diagnostic.Create(Descriptors.LanguageVersion, Location.None, old.ToDisplayString()));
            }
        });
    }

    // This must be cheap, because it runs for every node of a file that was edited.
    private static bool IsCandidate(SyntaxNode node) =>
        node is InvocationExpressionSyntax invocation
        && CallShape.NameOf(invocation) is { Identifier.ValueText: var name }
        && StockMethods.IsName(name)
        && node.SyntaxTree.Options is CSharpParseOptions options
        && DropIn.IsSupported(options.LanguageVersion)
        && DropIn.IsOn(options);

    private static InterceptedCall Find(GeneratorSyntaxContext syntax, CancellationToken cancellationToken)
    {
        InvocationExpressionSyntax invocation = (InvocationExpressionSyntax)syntax.Node;
        SemanticModel model = syntax.SemanticModel;
        if (model.GetSymbolInfo(invocation, cancellationToken).Symbol is not IMethodSymbol symbol
            || StockMethods.Find(symbol) is not (not StockMethod.None and var method)
            || CallShape.IsInExpressionTree(model.GetOperation(invocation, cancellationToken))
            || StockScope.Contains(model.GetEnclosingSymbol(invocation.SpanStart, cancellationToken))
            || model.GetInterceptableLocation(invocation, cancellationToken) is not { } location)
        {
            return default;
        }

        FileLinePositionSpan place = CallShape.NameOf(invocation)!.GetLocation().GetLineSpan();
        LinePosition start = place.StartLinePosition;

        // The name has no folder. Generated files go into the PDB, which must not depend on the folder of the build.
        string file = Path.GetFileName(place.Path);
        return new InterceptedCall(method, location.Version, location.Data, $"{file}({start.Line + 1},{start.Character + 1})");
    }
}
