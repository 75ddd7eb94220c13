using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp.Testing;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Testing;
using PidFdProcess.Analyzers.Rules;

namespace PidFdProcess.Analyzers.Tests.Support;

/// <summary>A source with its diagnostics marked up, and what the fix makes of it.</summary>
internal static class RuleTest
{
    /// <summary>Checks the diagnostics that the source is marked up with, for example <c>p.{|PIDFD0001:Kill|}()</c>.</summary>
    public static Task VerifyAsync<TAnalyzer>(string source, bool dropIn = false, IEnumerable<MetadataReference>? references = null)
        where TAnalyzer : DiagnosticAnalyzer, new()
    {
        MarkedAnalyzerTest<TAnalyzer> test = new(dropIn, references) { TestCode = source, MarkupOptions = MarkupOptions.UseFirstDescriptor };
        return test.RunAsync();
    }

    /// <summary>Checks the message of the diagnostic at the place <c>{|#0:...|}</c>.</summary>
    public static Task VerifyMessageAsync<TAnalyzer>(string source, string id, string message)
        where TAnalyzer : DiagnosticAnalyzer, new()
    {
        MarkedAnalyzerTest<TAnalyzer> test = new(dropIn: false, references: null) { TestCode = source };
        test.ExpectedDiagnostics.Add(new DiagnosticResult(id, DiagnosticSeverity.Warning).WithLocation(0).WithMessage(message));
        return test.RunAsync();
    }

    /// <summary>Checks the diagnostics, and that each fix by itself and Fix All lead to the fixed source.</summary>
    public static Task VerifyFixAsync<TAnalyzer, TCodeFix>(
        string source, string fixedSource, bool dropIn = false, IEnumerable<MetadataReference>? references = null)
        where TAnalyzer : DiagnosticAnalyzer, new()
        where TCodeFix : CodeFixProvider, new()
    {
        MarkedFixTest<TAnalyzer, TCodeFix> test = new(dropIn, references) { TestCode = source, FixedCode = fixedSource };

        // What has no fix is marked up there, too.
        test.FixedState.MarkupHandling = MarkupMode.Allow;
        test.MarkupOptions = MarkupOptions.UseFirstDescriptor;
        return test.RunAsync();
    }

    private static void Prepare(Microsoft.CodeAnalysis.Testing.AnalyzerTest<DefaultVerifier> test, IEnumerable<MetadataReference>? references)
    {
        test.ReferenceAssemblies = TestPlatform.Assemblies;
        test.TestState.AdditionalReferences.AddRange(references ?? TestPlatform.References);

        // The same code may be a program or a library.
        test.SolutionTransforms.Add(static (solution, id) =>
            solution.WithProjectCompilationOptions(id, solution.GetProject(id)!.CompilationOptions!.WithOutputKind(
                solution.GetProject(id)!.Documents
                    .Any(static document => document.GetTextAsync().Result.ToString().Contains("// program", StringComparison.Ordinal))
                    ? OutputKind.ConsoleApplication
                    : OutputKind.DynamicallyLinkedLibrary)));
    }

    // The two share a rule.
    private static IEnumerable<DiagnosticAnalyzer> Analyzers<TAnalyzer>()
        where TAnalyzer : DiagnosticAnalyzer, new() =>
        typeof(TAnalyzer) == typeof(StockCallAnalyzer) ? [new StockCallAnalyzer(), new LookUpAnalyzer()] : [new TAnalyzer()];

    private sealed class MarkedAnalyzerTest<TAnalyzer> : CSharpAnalyzerTest<TAnalyzer, DefaultVerifier>
        where TAnalyzer : DiagnosticAnalyzer, new()
    {
        private readonly bool _dropIn;

        public MarkedAnalyzerTest(bool dropIn, IEnumerable<MetadataReference>? references)
        {
            _dropIn = dropIn;
            Prepare(this, references);
        }

        protected override IEnumerable<DiagnosticAnalyzer> GetDiagnosticAnalyzers() => Analyzers<TAnalyzer>();

        protected override ParseOptions CreateParseOptions() => TestPlatform.Options(_dropIn);
    }

    private sealed class MarkedFixTest<TAnalyzer, TCodeFix> : CSharpCodeFixTest<TAnalyzer, TCodeFix, DefaultVerifier>
        where TAnalyzer : DiagnosticAnalyzer, new()
        where TCodeFix : CodeFixProvider, new()
    {
        private readonly bool _dropIn;

        public MarkedFixTest(bool dropIn, IEnumerable<MetadataReference>? references)
        {
            _dropIn = dropIn;
            Prepare(this, references);
        }

        protected override IEnumerable<DiagnosticAnalyzer> GetDiagnosticAnalyzers() => Analyzers<TAnalyzer>();

        protected override ParseOptions CreateParseOptions() => TestPlatform.Options(_dropIn);
    }
}
