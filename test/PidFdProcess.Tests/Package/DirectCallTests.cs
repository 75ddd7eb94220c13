using System.Reflection;
using System.Runtime.InteropServices;
using System.Xml.Linq;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Package;

/// <summary>What the package tells the compiler of programs that are compiled ahead of time.</summary>
[TestClass]
public sealed class DirectCallTests
{
    [TestMethod]
    public void TheTargets_NameEachFunctionOfTheCLibrary_ThatTheLibraryImports()
    {
        XDocument targets = XDocument.Load(Path.Combine(RepositoryFiles.Root, "src/PidFdProcess/build/PidFdProcess.targets"));
        string[] named = [.. targets.Descendants("DirectPInvoke").SelectMany(static item => item.Attribute("Include")!.Value.Split(';'))];
        string[] imported =
        [
            .. typeof(ProcessHandleRegistry).Assembly.GetTypes()
                .SelectMany(static type => type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
                .Select(static method => method.GetCustomAttribute<DllImportAttribute>())
                .OfType<DllImportAttribute>()
                .Select(static import => $"{import.Value}!{import.EntryPoint}")
                .Distinct()
                .Order(StringComparer.Ordinal),
        ];

        CollectionAssert.AreEqual(imported, named);
    }
}
