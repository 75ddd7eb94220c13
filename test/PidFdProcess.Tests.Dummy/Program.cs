using PidFdProcess.Tests.Dummy.Commands;

// A program for tests that need a process of their own. Its first argument names a command, and each command is a file in Commands.
// A command that hangs must not keep the test from its end.
TimeSpan limit = TimeSpan.FromMinutes(2);
await (args switch
{
    ["adopted-orphans"] => AdoptedOrphans.RunAsync(),
    ["blocking-listener"] => BlockingListener.RunAsync(),
    ["call-interceptors"] => CallInterceptors.RunAsync(),
    ["closed-descriptor"] => ClosedDescriptor.RunAsync(),
    ["collectible-context"] => CollectibleContext.RunAsync(),
    ["echo-line"] => EchoLine.RunAsync(),
    ["empty-pool"] => EmptyPool.RunAsync(),
    ["end-tree-without-descriptors", string call, string shape, string attached] =>
        EndTreeWithoutDescriptors.RunAsync(call, shape, isAttachedBefore: attached == "attached"),
    ["end-with-launcher"] => EndWithLauncher.RunAsync(),
    ["few-descriptors"] => FewDescriptors.RunAsync(),
    ["find-again", string path] => FindAgain.RunAsync(path),
    ["headroom"] => Headroom.RunAsync(),
    ["kill-own-descendants"] => KillOwnDescendants.RunAsync(),
    ["lost-sigchld"] => LostSigChld.RunAsync(),
    ["measure-costs"] => MeasureCosts.RunAsync(),
    ["no-more-threads"] => NoMoreThreads.RunAsync(),
    ["own-child", string shell] => OwnChild.RunAsync(shell),
    ["print-identity"] => PrintIdentity.RunAsync(),
    ["reaped-by-others", string how] => ReapedByOthers.RunAsync(how),
    ["resume-on-thread"] => ResumeOnThread.RunAsync(),
    ["scope-end", string how] => ScopeEnd.RunAsync(how),
    ["signal-own-group"] => SignalOwnGroup.RunAsync(),
    ["starved-pool"] => StarvedPool.RunAsync(),
    ["stop-by-identity", string identity] => StopByIdentity.RunAsync(identity),
    ["trace-process", string id] => TraceProcess.RunAsync(id),
    ["unknown-exits", string how] => UnknownExits.RunAsync(how),
    ["use-library", string route] => UseLibrary.RunAsync(route),
    _ => throw new ArgumentException($"no such command: {string.Join(' ', args)}"),
}).WaitAsync(limit);
