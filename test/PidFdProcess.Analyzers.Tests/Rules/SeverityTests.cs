using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using PidFdProcess.Analyzers.Rules;
using PidFdProcess.Analyzers.Tests.Support;

namespace PidFdProcess.Analyzers.Tests.Rules;

/// <summary>An .editorconfig sets the severity of each rule.</summary>
[TestClass]
public sealed class SeverityTests
{
    private const string File = "/app/C.cs";

    private const string Head = """
        using System.Diagnostics;
        using System.Runtime.InteropServices;
        static class Native
        {
            [DllImport("libc")] public static extern int kill(int pid, int signal);
            [DllImport("libc")] public static extern int wait(out int status);
        }
        class C { Process p = new(); void M() {
        """;

    private static IEnumerable<(string Id, string Body, bool DropIn)> Rules =>
    [
        ("PIDFD0001", "p.Kill();", false),
        ("PIDFD0002", "System.Action a = p.Kill; a();", true),
        ("PIDFD0003", "Native.kill(p.Id, 15);", false),
        ("PIDFD0004", "Native.wait(out _);", false),
        ("PIDFD0005", "p = Process.GetProcessById(1); p.Kill();", false),
    ];

    [TestMethod]
    [DynamicData(nameof(Rules))]
    public async Task AnEditorConfig_SetsTheSeverity(string id, string body, bool dropIn)
    {
        Assert.AreEqual(DiagnosticSeverity.Error, await SeverityAsync(id, body, dropIn, "error"));
        Assert.AreEqual(DiagnosticSeverity.Warning, await SeverityAsync(id, body, dropIn, "warning"));
        Assert.AreEqual(DiagnosticSeverity.Info, await SeverityAsync(id, body, dropIn, "suggestion"));
        Assert.AreEqual(DiagnosticSeverity.Hidden, await SeverityAsync(id, body, dropIn, "silent"));
        Assert.IsNull(await SeverityAsync(id, body, dropIn, "none"));
    }

    // Returns the severity with which the compiler reports the rule, or null if it does not report it.
    private static async Task<DiagnosticSeverity?> SeverityAsync(string id, string body, bool dropIn, string value)
    {
        CSharpCompilation compilation = GeneratedProject.Create([(File, Head + body + " } }")], dropIn);
        compilation = compilation.WithOptions(compilation.Options
            .WithGeneralDiagnosticOption(ReportDiagnostic.Default)
            .WithSyntaxTreeOptionsProvider(new EditorConfig($"root = true\n[*.cs]\ndotnet_diagnostic.{id}.severity = {value}\n")));
        CompilationWithAnalyzers analysis = compilation.WithAnalyzers(
            [new StockCallAnalyzer(), new LookUpAnalyzer(), new SignalByPidAnalyzer(), new ReapingAnalyzer()]);
        ImmutableArray<Diagnostic> reported = await analysis.GetAnalyzerDiagnosticsAsync();
        return reported.SingleOrDefault(diagnostic => diagnostic.Id == id)?.Severity;
    }

    private sealed class EditorConfig(string text) : SyntaxTreeOptionsProvider
    {
        private readonly AnalyzerConfigSet _files = AnalyzerConfigSet.Create(ImmutableArray.Create(AnalyzerConfig.Parse(text, "/app/.editorconfig")));

        public override GeneratedKind IsGenerated(SyntaxTree tree, CancellationToken cancellationToken) => GeneratedKind.NotGenerated;

        public override bool TryGetDiagnosticValue(
            SyntaxTree tree, string diagnosticId, CancellationToken cancellationToken, out ReportDiagnostic severity) =>
            _files.GetOptionsForSourcePath(tree.FilePath).TreeOptions.TryGetValue(diagnosticId, out severity);

        public override bool TryGetGlobalDiagnosticValue(string diagnosticId, CancellationToken cancellationToken, out ReportDiagnostic severity)
        {
            severity = ReportDiagnostic.Default;
            return false;
        }
    }
}
