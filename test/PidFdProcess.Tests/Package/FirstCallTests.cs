using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace PidFdProcess.Tests.Package;

/// <summary>
/// The cost of the first calls of a short program beyond that of the stock calls, with the packed library. It is the number of methods that the
/// runtime compiles and of assemblies that it loads. Both are counts, so they are exact on any machine.
/// </summary>
[TestClass]
public sealed partial class FirstCallTests
{
    // Neither a wait nor a kill races with an exit here, so that the same methods run each time. One child has been reaped before it is awaited, and
    // the other is killed after the wait has begun. The program blocks, because an asynchronous program would have to be compiled itself.
    private const string TwoPairs = """
        using System.Diagnostics;
        using PidFdProcess;

        internal static class Program
        {
            private static void Main(string[] arguments)
            {
                using Process exiting = Process.Start("/bin/true");
                while (!exiting.HasExited)
                {
                }

                using Process sleeping = Process.Start("/bin/sleep", "1000");
                if (arguments[0] == "asynchronous")
                {
                    RunAsync(exiting, sleeping).Wait();
                }
                else if (arguments[0] == "stock")
                {
                    RunStock(exiting, sleeping);
                }
                else
                {
                    RunPidFd(exiting, sleeping);
                }

                File.WriteAllLines(arguments[1], AppDomain.CurrentDomain.GetAssemblies().Select(static assembly => assembly.GetName().Name!));
            }

            private static async Task RunAsync(Process exiting, Process sleeping)
            {
                await exiting.WaitForExitPidFdAsync();
                sleeping.KillViaPidFd();
                await sleeping.WaitForExitPidFdAsync();
            }

            private static void RunStock(Process exiting, Process sleeping)
            {
                exiting.WaitForExitAsync().Wait();
                Task exit = sleeping.WaitForExitAsync();
                sleeping.Kill();
                exit.Wait();
            }

            private static void RunPidFd(Process exiting, Process sleeping)
            {
                exiting.WaitForExitPidFdAsync().Wait();
                Task exit = sleeping.WaitForExitPidFdAsync();
                sleeping.KillViaPidFd();
                exit.Wait();
            }
        }
        """;

    // The runtime itself makes the code that reads a private field, so no image can have it.
    private static readonly string[] s_methods =
    [
        "PidFdProcess.Runtime.ProcessFields:GetHasExited(System.Diagnostics.Process,bool)",
        "PidFdProcess.Runtime.ProcessFields:OnExited(System.Diagnostics.Process)",
        "PidFdProcess.Runtime.ProcessFields:ProcessHandle(System.Diagnostics.Process)",
        "PidFdProcess.Runtime.ProcessFields:RaisedOnExited(System.Diagnostics.Process)",
        "PidFdProcess.Runtime.ProcessFields:StandardError(System.Diagnostics.Process)",
        "PidFdProcess.Runtime.ProcessFields:StandardOutput(System.Diagnostics.Process)",
        "PidFdProcess.Runtime.ProcessFields:StartInfo(System.Diagnostics.Process)",
        "PidFdProcess.Runtime.ProcessFields:WatchForExit(System.Diagnostics.Process)",
        "System.Diagnostics.Process:GetHasExited(bool)",
    ];

    // The second has no code, but says where the type Thread is. The event loop needs that type.
    private static readonly string[] s_assemblies = ["PidFdProcess", "System.Threading.Thread"];

    private static Consumer s_program = null!;

    [ClassInitialize]
    public static async Task Build(TestContext _)
    {
        s_program = new Consumer(await PackedLibrary.SharedAsync(), "net10.0", new Dictionary<string, string> { ["Program.cs"] = TwoPairs });
        await s_program.BuildAsync();
    }

    [TestMethod]
    public async Task FirstCalls_CompileExactlyTheseMethodsBeyondTheStockCalls()
    {
        if (RuntimeInformation.ProcessArchitecture is not (Architecture.X64 or Architecture.Arm64))
        {
            Assert.Inconclusive($"The package has no native code for {RuntimeInformation.ProcessArchitecture}.");
        }

        string[] stock = (await RunAsync("stock")).Methods;
        string[] ours = (await RunAsync("pidfd")).Methods;

        Assert.IsNotEmpty(stock, "The runtime did not say what it compiles.");
        string[] beyond = [.. ours.Except(stock).Order(StringComparer.Ordinal)];
        CollectionAssert.AreEqual(s_methods, beyond, $"{beyond.Length}, recorded are {s_methods.Length}:\n{string.Join('\n', beyond)}\n");
    }

    // The number depends on whether the second wait is pending, so it is not exact. Most of these methods are those of the program's own await.
    [TestMethod]
    public async Task FirstCalls_OfAnAsynchronousProgram_CompileAtMostThirtyMethods()
    {
        int compiled = (await RunAsync("asynchronous")).Compiled;

        Assert.IsGreaterThan(s_methods.Length, compiled, "The runtime did not say what it compiles.");
        Assert.IsLessThanOrEqualTo(30, compiled);
    }

    [TestMethod]
    public async Task FirstCalls_LoadExactlyTheseAssembliesBeyondTheStockCalls()
    {
        string[] stock = (await RunAsync("stock")).Assemblies;
        string[] ours = (await RunAsync("pidfd")).Assemblies;

        string[] beyond = [.. ours.Except(stock).Order(StringComparer.Ordinal)];
        CollectionAssert.AreEqual(s_assemblies, beyond, $"{beyond.Length}, recorded are {s_assemblies.Length}:\n{string.Join('\n', beyond)}\n");
    }

    // The program is compiled, too. Hot code would be compiled once more in the background, unless calls are not counted.
    private static async Task<(int Compiled, string[] Methods, string[] Assemblies)> RunAsync(string mode)
    {
        string methods = s_program.PathOf($"methods-{mode}");
        string assemblies = s_program.PathOf($"assemblies-{mode}");
        File.Delete(methods);
        await s_program.RunAsync([mode, assemblies], new Dictionary<string, string?>
        {
            ["DOTNET_JitStdOutFile"] = methods,
            ["DOTNET_JitDisasmSummary"] = "1",
            ["DOTNET_TC_CallCounting"] = "0",
            ["DOTNET_TC_OnStackReplacement"] = "0",
            [PidFdSupport.DisabledVariable] = null,
        });
        string[] compiled = await File.ReadAllLinesAsync(methods);
        return (
            compiled.Length,
            [
                .. compiled.Select(static line => Method().Match(line).Groups[1].Value)
                    .Where(static name => !name.StartsWith("Program:", StringComparison.Ordinal)),
            ],
            await File.ReadAllLinesAsync(assemblies));
    }

    // "   5: JIT compiled Namespace.Type:Method(System.Int32) [Tier0, IL size=18, code size=24]"
    [GeneratedRegex(@"JIT compiled (.*) \[[^[]*\]$")]
    private static partial Regex Method();
}
