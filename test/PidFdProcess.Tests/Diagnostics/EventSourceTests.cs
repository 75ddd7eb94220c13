using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Tracing;
using System.Reflection;
using PidFdProcess.Diagnostics;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Diagnostics;

[TestClass]
public sealed class EventSourceTests
{
    [TestMethod]
    public void Probed_AfterEachProbe_TellsItsReason()
    {
        using Listener listener = new();
        Assert.IsTrue(new HookedKernel().Platform.Support.IsSupported);
        HookedKernel refusing = new() { OnOpen = _ => Errno.ENOSYS };
        PidFdSupport support = refusing.Platform.Support;
        _ = refusing.Platform.Support;
        CollectionAssert.AreEqual(
            new List<string> { "1 Informational Probed: True|pidfds work", $"1 Informational Probed: False|{support.Reason}" },
            listener.Events.ToList());
        StringAssert.Contains(support.Reason, "ENOSYS");
    }

    [TestMethod]
    public void TheReadme_ListsAllEvents()
    {
        string readme = File.ReadAllText(Path.Combine(RepositoryFiles.Root, "src/PidFdProcess/README.md"));
        foreach (MethodInfo each in typeof(PidFdEventSource).GetMethods().Where(static each => each.IsDefined(typeof(EventAttribute))))
        {
            string parameters = string.Join(", ", each.GetParameters().Select(static parameter => parameter.Name));
            string level = each.GetCustomAttribute<EventAttribute>()!.Level.ToString().ToLowerInvariant();
            StringAssert.Contains(readme, $"| `{each.Name}({parameters})` | {level} |");
        }
    }

    [TestMethod]
    public async Task FellBack_AfterAFailedCall_NamesProcessCallAndErrno()
    {
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        using Process child = TestProcesses.StartSleeper();
        registry.Attach(child);
        using Listener listener = new();
        kernel.OnEpollAdd = () => Errno.ENOSPC;
        Task wait = registry.WaitForExitAsync(child);
        string text = listener.Events.Single();
        StringAssert.StartsWith(text, $"2 Warning FellBack: {child.Id}|epoll_ctl: ENOSPC");
        registry.Kill(child);
        await wait;
    }

    [TestMethod]
    public void FellBack_IsWrittenAfterAFailedAttachment_ButNotForAnExitedProcess()
    {
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        using Process child = TestProcesses.StartSleeper();
        _ = registry.Support;
        using Listener listener = new();
        kernel.OnOpen = _ => Errno.EMFILE;
        registry.Attach(child);
        string text = listener.Events.Single();
        StringAssert.StartsWith(text, $"2 Warning FellBack: {child.Id}|pidfd_open: EMFILE");

        kernel.OnOpen = null;
        registry.Kill(child);
        registry.WaitForExit(child, -1);
        registry.Attach(child);
        Assert.HasCount(1, listener.Events);
    }

    [TestMethod]
    public async Task AStopThatLeavesProcesses_NamesThem_AndSaysWhyOthersMayBeLeft()
    {
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        await using ProcessScope scope = new(new ProcessScopeOptions { GracePeriod = TimeSpan.Zero, Registry = registry });
        using Process guarded = scope.Start(new ProcessStartInfo("/bin/sleep", ["1000"]));
        using Listener listener = new();
        kernel.OnSignal = static (_, signal) => signal == 0 ? null : Errno.EPERM;
        kernel.OnReadStat = static _ => Errno.ENOENT;
        await scope.StopAsync();
        string[] expected =
        [
            $"2 Warning FellBack: {guarded.Id}|/proc: ENOENT",
            $"4 Warning Survived: {guarded.Id}|?|pidfd_send_signal(SIGKILL) to process {guarded.Id}: EPERM",
            "5 Warning ScopeStopIncomplete: The descendants of the processes could not be listed: /proc: ENOENT",
        ];
        Assert.IsTrue(expected.Zip(listener.Events).All(static pair => pair.Second.StartsWith(pair.First, StringComparison.Ordinal)),
            string.Join('\n', listener.Events));
        Assert.HasCount(expected.Length, listener.Events);
        guarded.Kill();
        guarded.WaitForExit();
    }

    [TestMethod]
    public void TheManifest_UnderStrictChecks_IsGenerated() => Assert.IsNotNull(EventSource.GenerateManifest(
        typeof(ProcessHandleRegistry).Assembly.GetType("PidFdProcess.Diagnostics.PidFdEventSource")!, null, EventManifestOptions.Strict));

    private sealed class Listener : EventListener
    {
        // The base constructor reports every source, so this is called before the fields of this class are set.
        public ConcurrentQueue<string> Events { get; } = [];

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name == "PidFdProcess")
            {
                EnableEvents(eventSource, EventLevel.Verbose);
            }
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData) => Events.Enqueue(
            $"{eventData.EventId} {eventData.Level} {eventData.EventName}: {string.Join('|', eventData.Payload!)}");
    }
}
