using System.Diagnostics;
using System.Reflection;
using System.Runtime.CompilerServices;
using PidFdProcess.Runtime;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Runtime;

/// <summary>The private members of the runtime that the library reads. A runtime that lacks one of them is served by public members.</summary>
[TestClass]
public sealed class ProcessFieldsTests
{
    private static readonly Type[] s_types =
    [
        typeof(ProcessFields), typeof(ProcessIdField), typeof(RegistrationFields),
        .. typeof(ProcessFields).GetNestedTypes(BindingFlags.NonPublic),
    ];

    private static readonly (UnsafeAccessorAttribute Accessor, MethodInfo Method)[] s_accessors =
    [
        .. from type in s_types
           from method in type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
           from accessor in method.GetCustomAttributes<UnsafeAccessorAttribute>()
           select (accessor, method),
    ];

    public static IEnumerable<object[]> Fields =>
        from each in s_accessors
        where each.Accessor.Kind == UnsafeAccessorKind.Field
        select new object[] { each.Accessor.Name!, each.Method.ReturnType.GetElementType()!, each.Method.GetParameters()[0].ParameterType };

    public static IEnumerable<object[]> Methods =>
        from each in s_accessors
        where each.Accessor.Kind == UnsafeAccessorKind.Method
        let parameters = each.Method.GetParameters().Skip(1).Select(static parameter => parameter.ParameterType)
        select new object[] { each.Accessor.Name!, parameters.ToArray() };

    [TestMethod]
    [DynamicData(nameof(Fields))]
    public void ThisRuntime_HasTheField(string name, Type type, Type owner)
    {
        FieldInfo? field = owner.GetField(name, BindingFlags.Instance | BindingFlags.NonPublic);
        Assert.IsNotNull(field, "The library uses the slower public members here.");
        Assert.AreEqual(type, field.FieldType);
    }

    [TestMethod]
    [DynamicData(nameof(Methods))]
    public void ThisRuntime_HasTheMethod(string name, Type[] parameters) =>
        Assert.IsNotNull(typeof(Process).GetMethod(name, BindingFlags.Instance | BindingFlags.NonPublic, parameters));

    [TestMethod]
    public void ARegistration_CanBeReplaced() => Assert.IsTrue(RegistrationFields.CanReplace);

    [TestMethod]
    public void TheMethods_AreThoseThatTheLibraryCalls() => CollectionAssert.IsSubsetOf(
        new[] { "EnsureWatchingForExit", "StopWatchingForExit", "GetHasExited", "OnExited" },
        s_accessors.Select(static each => each.Accessor.Name).ToArray());

    [TestMethod]
    public void TheFields_SayWhatTheObjectDoes()
    {
        using Process process = EchoProcess.Start();
        Assert.IsNotNull(ProcessFields.StartedHandle(process));
        Assert.IsTrue(ProcessFields.HasOutput(process));
        Assert.IsFalse(ProcessFields.HasExitedHandler(process));
        process.Exited += static (_, _) => { };
        Assert.IsTrue(ProcessFields.HasExitedHandler(process));
        using Process fetched = Process.GetProcessById(process.Id);
        Assert.IsNull(ProcessFields.StartedHandle(fetched));
        Assert.IsTrue(ProcessFields.IsNeverStarted(fetched));
        Assert.IsFalse(ProcessFields.IsNeverStarted(process));
        Assert.IsFalse(ProcessFields.HasOutput(fetched));
        Assert.IsFalse(ProcessFields.HasRaisedExited(process));
        process.Kill();
        process.WaitForExit();
        ProcessFields.TryMarkEventsAsOn(process);
        Assert.IsTrue(process.EnableRaisingEvents);
        Assert.IsTrue(process.HasExited);
        Assert.IsTrue(ProcessFields.HasRaisedExited(process));
    }

    [TestMethod]
    public void ThisRuntime_HasTheStateThatItsObjectsShare()
    {
        using Process process = TestProcesses.StartSleeper();
        using Process second = Process.GetProcessById(process.Id);
        Assert.IsFalse(RuntimeExit.HasState(second));
        Assert.IsFalse(RuntimeExit.IsNoted(second));
        Assert.IsNull(RuntimeExit.Read(second, RunIdentity.Of(second)));
        second.EnableRaisingEvents = true;
        Assert.IsFalse(RuntimeExit.IsNoted(second));
        process.Kill();
        process.WaitForExit();
        Assert.IsTrue(RuntimeExit.IsNoted(second));
        Assert.IsTrue(RuntimeExit.IsNoted(process));
    }

    /// <summary>A runtime without the table would make every process a child.</summary>
    [TestMethod]
    public void ThisRuntime_HasTheTableOfItsChildren()
    {
        using Process process = TestProcesses.StartSleeper();
        Assert.IsTrue(RuntimeChildren.Knows(process.Id));
        Assert.IsFalse(RuntimeChildren.Knows(Environment.ProcessId));
        process.Kill();
        process.WaitForExit();
    }
}
