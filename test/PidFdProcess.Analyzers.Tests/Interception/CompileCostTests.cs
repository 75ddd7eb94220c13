using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using PidFdProcess.Analyzers.Interception;
using PidFdProcess.Analyzers.Tests.Support;
using PidFdProcess.Shared;

namespace PidFdProcess.Analyzers.Tests.Interception;

/// <summary>What the property adds to the time of a compilation.</summary>
[TestClass]
public sealed class CompileCostTests
{
    private const string RoundsVariable = "PIDFDPROCESS_TEST_COMPILES";
    private const int WarmUpRounds = 2;
    private const double Limit = 0.05;

    public TestContext TestContext { get; set; } = null!;

    // Constraints: Other programs take processors and caches, and the runtime compiles hot methods again in the background.
    // Scheme: Each round compiles the project without the generator and with it, one after the other, on one thread. The processor time of this
    // thread counts. The result is the median of the rounds.
    [TestMethod]
    public void TheProperty_AddsLittleToTheCompilationOfALargeProject()
    {
        if (Environment.GetEnvironmentVariable(RoundsVariable) is not { } asked)
        {
            Assert.Inconclusive($"Measures for a minute; set {RoundsVariable} to the number of rounds to run it.");
            return;
        }

        (string Path, string Text)[] files = LargeProject.Files();
        int rounds = int.Parse(asked, CultureInfo.InvariantCulture);
        List<double> shares = [];
        for (int round = -WarmUpRounds; round < rounds; round++)
        {
            bool isGeneratorFirst = round % 2 != 0;
            TimeSpan first = Compile(files, isGeneratorFirst);
            TimeSpan second = Compile(files, !isGeneratorFirst);
            (TimeSpan stock, TimeSpan rerouted) = isGeneratorFirst ? (second, first) : (first, second);
            TestContext.WriteLine($"round {round}: {stock.TotalMilliseconds:F0} ms without the property, {rerouted.TotalMilliseconds:F0} ms with it");
            if (round >= 0)
            {
                shares.Add((rerouted / stock) - 1);
            }
        }

        double median = shares.Order().ElementAt(shares.Count / 2);
        TestContext.WriteLine(string.Create(CultureInfo.InvariantCulture, $"the property adds {100 * median:F1} % ({rounds} rounds)"));
        Assert.IsLessThan(Limit, median);
    }

    private static TimeSpan Compile((string Path, string Text)[] files, bool dropIn)
    {
        GC.Collect();
        TimeSpan start = Native.ThreadTime();
        Compilation compilation = GeneratedProject.Create(files, dropIn);
        compilation = compilation.WithOptions(((CSharpCompilationOptions)compilation.Options).WithConcurrentBuild(false));
        if (dropIn)
        {
            GeneratorDriver driver = CSharpGeneratorDriver
                .Create([new InterceptorGenerator().AsSourceGenerator()], parseOptions: TestPlatform.Options(dropIn))
                .RunGeneratorsAndUpdateCompilation(compilation, out compilation, out _);
            string generated = driver.GetRunResult().GeneratedTrees.Single().ToString();
            Assert.AreEqual(LargeProject.StockCallCount, generated.Split(".InterceptsLocation(").Length - 1);
        }

        using MemoryStream assembly = new();
        using MemoryStream symbols = new();
        Assert.IsTrue(compilation.Emit(assembly, symbols).Success);
        return Native.ThreadTime() - start;
    }
}
