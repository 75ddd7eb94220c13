using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using PidFdProcess.Analyzers.Interception;
using PidFdProcess.Analyzers.Tests.Support;

namespace PidFdProcess.Analyzers.Tests.Interception;

/// <summary>An edit costs what it touches.</summary>
[TestClass]
public sealed class IncrementalTests
{
    private const string Calls = "class C { void M(System.Diagnostics.Process p) { p.Kill(); p.WaitForExit(); } }";

    [TestMethod]
    public void AnEditOfAnotherFile_ReusesEveryStep()
    {
        CSharpCompilation compilation = GeneratedProject.Create([("/app/C.cs", Calls), ("/app/Other.cs", "class Other { }")]);
        GeneratorDriver driver = Driver().RunGenerators(compilation);
        CSharpCompilation edited = compilation.ReplaceSyntaxTree(
            compilation.SyntaxTrees[1], CSharpSyntaxTree.ParseText("class Other { int _i; }", TestPlatform.Options(dropIn: true), "/app/Other.cs"));

        GeneratorRunResult result = driver.RunGenerators(edited).GetRunResult().Results.Single();

        AssertReasons(result, InterceptorGenerator.CallsStep, IncrementalStepRunReason.Cached, IncrementalStepRunReason.Unchanged);
        AssertReasons(result, InterceptorGenerator.AllCallsStep, IncrementalStepRunReason.Cached, IncrementalStepRunReason.Unchanged);
        foreach (IncrementalGeneratorRunStep step in result.TrackedOutputSteps.SelectMany(static steps => steps.Value))
        {
            Assert.IsTrue(step.Outputs.All(static output => output.Reason == IncrementalStepRunReason.Cached));
        }
    }

    [TestMethod]
    public void AnEditOfTheFile_FindsItsCallsAgain()
    {
        CSharpCompilation compilation = GeneratedProject.Create([("/app/C.cs", Calls)]);
        GeneratorDriver driver = Driver().RunGenerators(compilation);
        CSharpCompilation edited = compilation.ReplaceSyntaxTree(
            compilation.SyntaxTrees[0], CSharpSyntaxTree.ParseText(" " + Calls, TestPlatform.Options(dropIn: true), "/app/C.cs"));

        GeneratorRunResult result = driver.RunGenerators(edited).GetRunResult().Results.Single();

        AssertReasons(result, InterceptorGenerator.CallsStep, IncrementalStepRunReason.Modified);
    }

    private static CSharpGeneratorDriver Driver() => CSharpGeneratorDriver.Create(
        [new InterceptorGenerator().AsSourceGenerator()],
        parseOptions: TestPlatform.Options(dropIn: true),
        driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));

    private static void AssertReasons(GeneratorRunResult result, string step, params IncrementalStepRunReason[] expected)
    {
        IncrementalStepRunReason[] reasons =
            [.. result.TrackedSteps[step].SelectMany(static run => run.Outputs).Select(static output => output.Reason)];
        Assert.IsNotEmpty(reasons);
        Assert.IsTrue(Array.TrueForAll(reasons, reason => expected.Contains(reason)), $"{step}: {string.Join(", ", reasons)}");
    }
}
