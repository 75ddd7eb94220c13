using PidFdProcess.Tests.Dummy.Commands;

// A program for tests that need a process of their own: its first argument names a command, and each command is a file in Commands.
// A command that hangs must not keep the test from its end.
TimeSpan limit = TimeSpan.FromMinutes(2);
await (args switch
{
    ["end-tree-without-descriptors", string call, string shape] => EndTreeWithoutDescriptors.RunAsync(call, shape),
    ["end-with-launcher"] => EndWithLauncher.RunAsync(),
    ["find-again", string path] => FindAgain.RunAsync(path),
    ["kill-own-descendants"] => KillOwnDescendants.RunAsync(),
    ["measure-costs"] => MeasureCosts.RunAsync(),
    ["print-identity"] => PrintIdentity.RunAsync(),
    ["resume-on-thread"] => ResumeOnThread.RunAsync(),
    ["stop-by-identity", string identity] => StopByIdentity.RunAsync(identity),
    ["use-library", string route] => UseLibrary.RunAsync(route),
    _ => throw new ArgumentException($"no such command: {string.Join(' ', args)}"),
}).WaitAsync(limit);
