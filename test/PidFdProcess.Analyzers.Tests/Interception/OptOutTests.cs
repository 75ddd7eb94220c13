using PidFdProcess.Analyzers.Tests.Support;

namespace PidFdProcess.Analyzers.Tests.Interception;

/// <summary>Code with <c>[StockProcessCalls]</c> is left alone, and no other code.</summary>
[TestClass]
public sealed class OptOutTests
{
    [TestMethod]
    [DataRow("[assembly: PidFdProcess.StockProcessCalls] class C { void M(Process p) => p.Kill(); }")]
    [DataRow("[StockProcessCalls] class C { void M(Process p) => p.Kill(); }")]
    [DataRow("[StockProcessCalls] class C { class N { void M(Process p) { Action a = () => p.Kill(); } } }")]
    [DataRow("[StockProcessCalls] struct C { void M(Process p) => p.Kill(); }")]
    [DataRow("[StockProcessCalls] partial class C { } partial class C { void M(Process p) => p.Kill(); }")]
    [DataRow("class C { [StockProcessCalls] void M(Process p) => p.Kill(); }")]
    [DataRow("class C { [StockProcessCalls] void M(Process p) { void L() => p.Kill(); L(); } }")]
    [DataRow("class C { void M(Process p) { [StockProcessCalls] void L() => p.Kill(); L(); } }")]
    [DataRow("class C { void M(Process p) { Action a = [StockProcessCalls] () => p.Kill(); } }")]
    [DataRow("class C { [StockProcessCalls] C(Process p) => p.Kill(); }")]
    [DataRow("class C { [StockProcessCalls] bool P => Process.GetProcessById(1).WaitForExit(1); }")]
    [DataRow("class C { bool P { [StockProcessCalls] get => Process.GetProcessById(1).WaitForExit(1); } }")]
    [DataRow("class C { [StockProcessCalls] Process f = Process.Start(\"true\"); }")]
    [DataRow("class C { [StockProcessCalls] Process P { get; } = Process.Start(\"true\"); }")]
    [DataRow("class C { [StockProcessCalls] static Process P { get; set; } = Process.Start(\"true\"); }")]
    [DataRow("class C { [StockProcessCalls] event Action E = () => Process.Start(\"true\"); void M() => E(); }")]
    [DataRow("class C { [StockProcessCalls] event Action E { add => Process.Start(\"true\"); remove { } } }")]
    public void ACallInsideTheAttribute_StaysStock(string code)
    {
        GeneratedProject project = Compile(code);

        Assert.IsNull(project.Generated, project.Generated);
        Assert.IsNotEmpty(project.StockCalls());
    }

    [TestMethod]
    [DataRow("[StockProcessCalls] class B { } class C : B { void M(Process p) => p.Kill(); }")]
    [DataRow("class C { [StockProcessCalls] void N() { } void M(Process p) => p.Kill(); }")]
    [DataRow("class C { [StockProcessCalls] int N { get; } = 1; Process P { get; } = Process.Start(\"true\"); }")]
    [DataRow("class C { void M(Process p) { [StockProcessCalls] void L() { } L(); p.Kill(); } }")]
    [DataRow("class StockProcessCalls : Attribute; [global::StockProcessCalls] class C { void M(Process p) => p.Kill(); }")]
    public void ACallOutsideTheAttribute_IsRerouted(string code) => Assert.IsTrue(Compile(code).StockCalls().Single().IsRerouted);

    private static GeneratedProject Compile(string code) =>
        GeneratedProject.Compile("using System.Diagnostics; using PidFdProcess; " + code);
}
