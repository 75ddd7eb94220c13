using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using PidFdProcess.Analyzers.Tests.Support;

namespace PidFdProcess.Analyzers.Tests.Interception;

/// <summary>Projects of several files and several projects.</summary>
[TestClass]
public sealed class ProjectTests
{
    [TestMethod]
    [DataRow("\r\n", false)]
    [DataRow("\r\n", true)]
    [DataRow("\n", true)]
    public void FilesWithOtherLineEndsOrABom_AreRerouted(string newLine, bool bom)
    {
        string text = (bom ? "\uFEFF" : "") + Code("C").Replace("\n", newLine, StringComparison.Ordinal);
        GeneratedProject project = GeneratedProject.Compile(text);

        Assert.IsTrue(project.StockCalls().Single().IsRerouted);
        project.Emit();
    }

    [TestMethod]
    public void ManyFiles_InAnyOrder_GiveTheSameText()
    {
        (string, string)[] files = [.. Enumerable.Range(0, 20).Select(i => ($"/app/File{i}.cs", Code("C" + i)))];
        GeneratedProject project = GeneratedProject.Compile(files);
        Array.Reverse(files);

        Assert.AreEqual(project.Generated, GeneratedProject.Compile(files).Generated);
        Assert.AreEqual(20, project.StockCalls().Count(static call => call.IsRerouted));
        project.Emit();
    }

    [TestMethod]
    public void TheSameFiles_InAnotherFolder_GiveTheSameText()
    {
        string text = Code("C");

        Assert.AreEqual(
            GeneratedProject.Compile([("/one/C.cs", text)]).Generated, GeneratedProject.Compile([("/two/deeper/C.cs", text)]).Generated);
    }

    [TestMethod]
    public void TwoFilesWithTheSameText_StayStock()
    {
        string text = Code("C").Replace("class", "file class", StringComparison.Ordinal);
        GeneratedProject project = GeneratedProject.Compile([("/app/One.cs", text), ("/app/Two.cs", text)]);

        Assert.IsFalse(project.StockCalls().Any(static call => call.IsRerouted));
        project.Emit();
    }

    [TestMethod]
    public void ProjectsThatSeeEachOthersInternals_DoNotClash()
    {
        GeneratedProject library = GeneratedProject.Compile(
            "[assembly: System.Runtime.CompilerServices.InternalsVisibleTo(\"App\")]\n" + Code("C"));
        MetadataReference reference = MetadataReference.CreateFromImage(library.Emit());
        GeneratedProject app = GeneratedProject.Compile(
            [("/app/D.cs", Code("D"))], references: [.. TestPlatform.References, reference]);

        Assert.IsTrue(app.StockCalls().Single().IsRerouted);
        app.Emit();
    }

    [TestMethod]
    public void NothingThatIsGenerated_IsPublic()
    {
        GeneratedProject project = GeneratedProject.Compile(Code("C"));
        using PEReader pe = new(new MemoryStream(project.Emit()));
        MetadataReader reader = pe.GetMetadataReader();

        foreach (TypeDefinition type in reader.TypeDefinitions.Select(reader.GetTypeDefinition))
        {
            Assert.AreEqual(
                (System.Reflection.TypeAttributes)0,
                type.Attributes & System.Reflection.TypeAttributes.VisibilityMask,
                reader.GetString(type.Name));
        }
    }

    [TestMethod]
    [DataRow(LanguageVersion.CSharp10)]
    [DataRow(LanguageVersion.CSharp11)]
    public void AnOldLanguage_IsReported(LanguageVersion version)
    {
        GeneratedProject project = GeneratedProject.Compile([("/app/C.cs", Code("C"))], version: version);

        Diagnostic diagnostic = project.Reported.Single();
        Assert.AreEqual("PIDFD0100", diagnostic.Id);
        Assert.AreEqual(DiagnosticSeverity.Error, diagnostic.Severity);
        StringAssert.Contains(diagnostic.GetMessage(null), $"C# {(int)version / 100}");
        Assert.IsNull(project.Generated);
    }

    [TestMethod]
    [DataRow(LanguageVersion.CSharp12)]
    [DataRow(LanguageVersion.CSharp13)]
    [DataRow(LanguageVersion.Preview)]
    public void ANewLanguage_IsRerouted(LanguageVersion version)
    {
        GeneratedProject project = GeneratedProject.Compile([("/app/C.cs", Code("C"))], version: version);

        Assert.IsTrue(project.StockCalls().Single().IsRerouted);
        project.Emit();
    }

    [TestMethod]
    public void AnOldLanguage_WithoutTheProperty_IsNotReported() =>
        Assert.IsEmpty(GeneratedProject.Compile([("/app/C.cs", Code("C"))], dropIn: false, LanguageVersion.CSharp8).Reported);

    private static string Code(string type) => $"class {type}\n{{\n    void M(System.Diagnostics.Process p) => p.Kill();\n}}\n";
}
