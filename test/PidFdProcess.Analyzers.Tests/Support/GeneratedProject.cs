using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;
using PidFdProcess.Analyzers.Interception;

namespace PidFdProcess.Analyzers.Tests.Support;

/// <summary>A project that was compiled with the generator.</summary>
internal sealed class GeneratedProject
{
    private const string Usings =
        "global using System; global using System.Collections.Generic; global using System.Linq; "
        + "global using System.Threading; global using System.Threading.Tasks;";

    private readonly ImmutableArray<SyntaxTree> _sources;

    private GeneratedProject(Compilation compilation, ImmutableArray<Diagnostic> reported, ImmutableArray<SyntaxTree> sources, string? generated)
    {
        Compilation = compilation;
        Reported = reported;
        Generated = generated;
        _sources = sources;
    }

    public Compilation Compilation { get; }

    /// <summary>Gets what the generator reported.</summary>
    public ImmutableArray<Diagnostic> Reported { get; }

    /// <summary>Gets the text of the generated file, if there is one.</summary>
    public string? Generated { get; }

    /// <summary>Compiles files, each given by its path and its text.</summary>
    public static GeneratedProject Compile(
        (string Path, string Text)[] files,
        bool dropIn = true,
        LanguageVersion version = LanguageVersion.Latest,
        IEnumerable<MetadataReference>? references = null)
    {
        CSharpCompilation compilation = Create(files, dropIn, version, references);
        GeneratorDriver driver = CSharpGeneratorDriver
            .Create([new InterceptorGenerator().AsSourceGenerator()], parseOptions: TestPlatform.Options(dropIn, version))
            .RunGeneratorsAndUpdateCompilation(compilation, out Compilation output, out ImmutableArray<Diagnostic> reported);
        string? generated = driver.GetRunResult().GeneratedTrees.SingleOrDefault()?.ToString();
        return new GeneratedProject(output, reported, compilation.SyntaxTrees, generated);
    }

    public static GeneratedProject Compile(string text, bool dropIn = true, IEnumerable<MetadataReference>? references = null) =>
        Compile([("/app/Program.cs", text)], dropIn, references: references);

    /// <summary>Returns the project as it is before the generator runs.</summary>
    public static CSharpCompilation Create(
        (string Path, string Text)[] files,
        bool dropIn = true,
        LanguageVersion version = LanguageVersion.Latest,
        IEnumerable<MetadataReference>? references = null)
    {
        CSharpParseOptions options = TestPlatform.Options(dropIn, version);
        SyntaxTree[] trees =
        [
            .. files.Append(("/app/Usings.cs", Usings)).Select(file =>
                CSharpSyntaxTree.ParseText(SourceText.From(file.Item2, System.Text.Encoding.UTF8), options, file.Item1)),
        ];
        bool isProgram = trees.Any(static tree => tree.GetCompilationUnitRoot().Members.OfType<GlobalStatementSyntax>().Any());
        return CSharpCompilation.Create(
            "App",
            trees,
            references ?? TestPlatform.References,
            new CSharpCompilationOptions(
                isProgram ? OutputKind.ConsoleApplication : OutputKind.DynamicallyLinkedLibrary,
                allowUnsafe: true,
                nullableContextOptions: NullableContextOptions.Enable,
                generalDiagnosticOption: ReportDiagnostic.Error,

                // The SDK suppresses it, too. The library was built for an older framework than the app.
                specificDiagnosticOptions: [new("CS1701", ReportDiagnostic.Suppress)]));
    }

    /// <summary>Emits the assembly, and fails the test if the compiler has anything to say.</summary>
    public byte[] Emit()
    {
        using MemoryStream stream = new();
        ImmutableArray<Diagnostic> diagnostics = Compilation.Emit(stream).Diagnostics;
        Assert.IsEmpty(diagnostics.Where(static diagnostic => diagnostic.Severity != DiagnosticSeverity.Hidden), string.Join('\n', diagnostics));
        return stream.ToArray();
    }

    /// <summary>Returns the stock calls of the sources, and for each whether it is rerouted and the text of its line.</summary>
    public IReadOnlyList<(bool IsRerouted, string Line)> StockCalls()
    {
        List<(bool, string)> calls = [];
        foreach (SyntaxTree tree in _sources)
        {
            SemanticModel model = Compilation.GetSemanticModel(tree);
            foreach (InvocationExpressionSyntax invocation in tree.GetRoot().DescendantNodes().OfType<InvocationExpressionSyntax>())
            {
                if (model.GetSymbolInfo(invocation).Symbol is IMethodSymbol method && StockMethods.Find(method) != StockMethod.None)
                {
                    int line = tree.GetText().Lines.GetLineFromPosition(invocation.SpanStart).LineNumber;
                    calls.Add((model.GetInterceptorMethod(invocation) is not null, tree.GetText().Lines[line].ToString()));
                }
            }
        }

        return calls;
    }
}
