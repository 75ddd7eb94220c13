using PidFdProcess.Analyzers.Tests.Support;

namespace PidFdProcess.Analyzers.Tests.Interception;

/// <summary>Every shape that a call has in C# is rerouted, and compiles without a warning.</summary>
[TestClass]
public sealed partial class ShapeTests
{
    // A call that has to stay stock says so in a comment on its line.
    private const string Stays = "// stays";

    private static IEnumerable<string> Names => s_shapes.Keys;

    private static IEnumerable<string> Net11Names => s_net11Shapes.Keys;

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void ACallOfAnyShape_IsRerouted(string name) => AssertRerouted(name, GeneratedProject.Compile(s_shapes[name]));

    [TestMethod]
    [DynamicData(nameof(Net11Names))]
    public void ACallOfNet11_OfAnyShape_IsRerouted(string name) =>
        AssertRerouted(name, GeneratedProject.Compile(s_net11Shapes[name], references: TestPlatform.Net11References));

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void WithoutTheProperty_NothingIsGenerated(string name)
    {
        GeneratedProject project = GeneratedProject.Compile(s_shapes[name], dropIn: false);

        Assert.IsNull(project.Generated, name);
        Assert.IsFalse(project.StockCalls().Any(static call => call.IsRerouted));
        project.Emit();
    }

    private static void AssertRerouted(string name, GeneratedProject project)
    {
        IReadOnlyList<(bool IsRerouted, string Line)> calls = project.StockCalls();
        Assert.IsNotEmpty(calls, name);
        foreach ((bool isRerouted, string line) in calls)
        {
            Assert.AreEqual(!line.Contains(Stays, StringComparison.Ordinal), isRerouted, $"{name}: {line}");
        }

        project.Emit();
    }
}
