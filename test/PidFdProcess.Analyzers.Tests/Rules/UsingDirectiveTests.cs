using Microsoft.CodeAnalysis;
using PidFdProcess.Analyzers.Rules;
using PidFdProcess.Analyzers.Tests.Support;
using PidFdProcess.CodeFixes;

namespace PidFdProcess.Analyzers.Tests.Rules;

/// <summary>The using directive that a fix adds is valid, and each edited call sees it.</summary>
[TestClass]
public sealed class UsingDirectiveTests
{
    [TestMethod]
    [DataRow("using Alpha;\nusing System.Diagnostics;\n", "using Alpha;\nusing System.Diagnostics;\nusing PidFdProcess;\n")]
    [DataRow("using System.Diagnostics;\nusing Alpha;\nusing Zeta;\n", "using System.Diagnostics;\nusing Alpha;\nusing PidFdProcess;\nusing Zeta;\n")]
    [DataRow("// licence\nusing Zeta;\n", "// licence\nusing PidFdProcess;\nusing Zeta;\n")]
    [DataRow("// licence\n\n", "// licence\n\nusing PidFdProcess;\n\n")]
    [DataRow("", "using PidFdProcess;\n\n")]
    [DataRow("using PidFdProcess;\n", "using PidFdProcess;\n")]
    [DataRow("global using PidFdProcess;\n", "global using PidFdProcess;\n")]
    [DataRow("using System;\r\n", "using System;\r\nusing PidFdProcess;\r\n")]
    [DataRow("global using System;\n", "global using System;\nusing PidFdProcess;\n")]
    [DataRow("global using Zeta;\n\n", "global using Zeta;\nusing PidFdProcess;\n\n")]
    [DataRow("global using System;\n\nusing Zeta;\n", "global using System;\n\nusing PidFdProcess;\nusing Zeta;\n")]
    [DataRow("global using Zeta;\nusing Alpha;\n", "global using Zeta;\nusing Alpha;\nusing PidFdProcess;\n")]
    [DataRow(
        "// licence\n\n[assembly: System.CLSCompliant(false)]\n",
        "// licence\n\nusing PidFdProcess;\n\n[assembly: System.CLSCompliant(false)]\n")]
    public Task TheDirective_IsAddedOnce_InTheOrderOfTheOthers(string before, string after) =>
        VerifyBeforeACallAsync(before, after);

    [TestMethod]
    public Task TheDirective_GoesIntoTheNamespaceThatHasTheOthers() => VerifyAsync(
        """
        namespace App
        {
            using System.Diagnostics;
            class C { void M(Process p) { p.{|PIDFD0001:Kill|}(); } }
        }

        """,
        """
        namespace App
        {
            using System.Diagnostics;
            using PidFdProcess;
            class C { void M(Process p) { p.KillViaPidFd(); } }
        }

        """);

    [TestMethod]
    public Task ACallInsideTheLibrarysNamespace_NeedsNoDirective() => VerifyAsync(
        "namespace PidFdProcess.App { class C { void M(System.Diagnostics.Process p) => p.{|PIDFD0001:Kill|}(); } }",
        "namespace PidFdProcess.App { class C { void M(System.Diagnostics.Process p) => p.KillViaPidFd(); } }");

    [TestMethod]
    [DataRow("#if !OLD\nusing Alpha;\n#endif\nusing Zeta;\n", "#if !OLD\nusing Alpha;\n#endif\nusing PidFdProcess;\nusing Zeta;\n")]
    [DataRow("using Alpha;\n#if !OLD\nusing Beta;\n#endif\n", "using Alpha;\n#if !OLD\nusing Beta;\n#endif\nusing PidFdProcess;\n")]
    [DataRow("// licence\n#if !OLD\nusing Zeta;\n#endif\n", "// licence\n#if !OLD\nusing Zeta;\n#endif\nusing PidFdProcess;\n")]
    [DataRow("#if !OLD\nglobal using Alpha;\n#endif\n", "#if !OLD\nglobal using Alpha;\n#endif\nusing PidFdProcess;\n")]
    [DataRow("#if !OLD\nclass D { }\n#endif\n", "using PidFdProcess;\n\n#if !OLD\nclass D { }\n#endif\n")]
    [DataRow(
        "#if !OLD\n#if OLD\n#else\nusing Alpha;\n#endif\n#endif\n",
        "#if !OLD\n#if OLD\n#else\nusing Alpha;\n#endif\n#endif\nusing PidFdProcess;\n")]
    public Task TheDirective_GoesOutOfARegionThatAnotherConfigurationLeavesOut(string before, string after) =>
        VerifyBeforeACallAsync(before, after);

    [TestMethod]
    public Task TheDirective_StaysInARegion_ThatHasTheCall() => VerifyAsync(
        """
        #if !OLD
        using System.Diagnostics;

        class C { void M(Process p) { p.{|PIDFD0001:Kill|}(); } }
        #endif

        """,
        """
        #if !OLD
        using System.Diagnostics;
        using PidFdProcess;

        class C { void M(Process p) { p.KillViaPidFd(); } }
        #endif

        """);

    [TestMethod]
    public Task TheDirective_GoesIntoTheNamespaceOfTheCall() => VerifyAsync(
        """
        global using System.Linq;

        namespace First { using System; class C { } }
        namespace Second
        {
            using System.Diagnostics;

            namespace Inner
            {
                class C { void M(Process p) { p.{|PIDFD0001:Kill|}(); } }
            }
        }

        """,
        """
        global using System.Linq;

        namespace First { using System; class C { } }
        namespace Second
        {
            using System.Diagnostics;
            using PidFdProcess;

            namespace Inner
            {
                class C { void M(Process p) { p.KillViaPidFd(); } }
            }
        }

        """);

    [TestMethod]
    public Task TheDirective_GoesIntoEachNamespaceThatHasACall() => VerifyAsync(
        """
        namespace First
        {
            using System.Diagnostics;
            class C { void M(Process p) { p.{|PIDFD0001:Kill|}(); } }
        }
        namespace Second
        {
            using System.Diagnostics;
            class C { void M(Process p) { p.{|PIDFD0001:Kill|}(); } }
        }

        """,
        """
        namespace First
        {
            using System.Diagnostics;
            using PidFdProcess;
            class C { void M(Process p) { p.KillViaPidFd(); } }
        }
        namespace Second
        {
            using System.Diagnostics;
            using PidFdProcess;
            class C { void M(Process p) { p.KillViaPidFd(); } }
        }

        """);

    [TestMethod]
    public Task TheDirective_GoesIntoTheFile_IfTheNamespaceOfTheCallHasNone() => VerifyAsync(
        """
        // licence
        namespace First { using System; class C { } }
        namespace Second { class C { void M(System.Diagnostics.Process p) { p.{|PIDFD0001:Kill|}(); } } }

        """,
        """
        // licence
        using PidFdProcess;

        namespace First { using System; class C { } }
        namespace Second { class C { void M(System.Diagnostics.Process p) { p.KillViaPidFd(); } } }

        """);

    [TestMethod]
    public Task TheDirectiveOfTheFile_IsEnoughForItsNamespaces() => VerifyAsync(
        """
        namespace First { class C { void M(System.Diagnostics.Process p) { p.{|PIDFD0001:Kill|}(); } } }
        namespace Second
        {
            using System.Diagnostics;
            class C { void M(Process p) { p.{|PIDFD0001:Kill|}(); } }
        }

        """,
        """
        using PidFdProcess;

        namespace First { class C { void M(System.Diagnostics.Process p) { p.KillViaPidFd(); } } }
        namespace Second
        {
            using System.Diagnostics;
            class C { void M(Process p) { p.KillViaPidFd(); } }
        }

        """);

    [TestMethod]
    [DataRow("extern alias lib;\n", "extern alias lib;\nusing PidFdProcess;\n")]
    [DataRow("// licence\nextern alias lib;\n\n", "// licence\nextern alias lib;\nusing PidFdProcess;\n\n")]
    [DataRow("extern alias lib;\nglobal using System;\n", "extern alias lib;\nglobal using System;\nusing PidFdProcess;\n")]
    public Task TheDirective_GoesBelowTheExternAliases(string before, string after)
    {
        const string Rest = "class C { void M(System.Diagnostics.Process p) => p.Kill(); }";
        MetadataReference library = TestPlatform.Library().First();
        return RuleTest.VerifyFixAsync<StockCallAnalyzer, UseCounterpartCodeFix>(
            before + Rest.Replace("Kill", "{|PIDFD0001:Kill|}", StringComparison.Ordinal),
            after + Rest.Replace("Kill", "KillViaPidFd", StringComparison.Ordinal),
            references: TestPlatform.References.Replace(
                TestPlatform.References.First(reference => reference.Display == library.Display), library.WithAliases(["global", "lib"])));
    }

    [TestMethod]
    public Task TheDirectiveForASignal_FollowsTheSameRules() => RuleTest.VerifyFixAsync<SignalByPidAnalyzer, SignalViaPidFdCodeFix>(
        """
        global using System.Diagnostics;
        namespace Alpha { using System.Text; class D { } }
        class C
        {
            [System.Runtime.InteropServices.DllImport("libc")] static extern int kill(int pid, int signal);
            void M(Process p) { {|PIDFD0003:kill|}(p.Id, 9); }
        }

        """,
        """
        global using System.Diagnostics;
        using PidFdProcess;
        namespace Alpha { using System.Text; class D { } }
        class C
        {
            [System.Runtime.InteropServices.DllImport("libc")] static extern int kill(int pid, int signal);
            void M(Process p) { p.KillViaPidFd(); }
        }

        """);

    /// <summary>Verifies the beginning of a file that ends with a call.</summary>
    private static Task VerifyBeforeACallAsync(string before, string after)
    {
        const string Rest = "namespace Alpha { } namespace Beta { } namespace Zeta { } class C { void M(System.Diagnostics.Process p) => p.Kill(); }";
        return VerifyAsync(
            before + Rest.Replace("Kill", "{|PIDFD0001:Kill|}", StringComparison.Ordinal),
            after + Rest.Replace("Kill", "KillViaPidFd", StringComparison.Ordinal));
    }

    private static Task VerifyAsync(string source, string fixedSource) =>
        RuleTest.VerifyFixAsync<StockCallAnalyzer, UseCounterpartCodeFix>(source, fixedSource);
}
