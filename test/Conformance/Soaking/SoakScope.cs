using System.Diagnostics;
using PidFdProcess.Shared;

namespace PidFdProcess.Conformance.Soaking;

/// <summary>A scope with children of its own, beside the processes of the other moves.</summary>
internal static class SoakScope
{
    private const int Children = 3;

    /// <summary>
    /// Stops a scope. One child is killed before, and the object of another one may be closed. None is left, and each that is told ended by a signal.
    /// </summary>
    public static void Stop(SoakScene s)
    {
        ProcessScope scope = new(new ProcessScopeOptions
        {
            Registry = s.Registry,
            GracePeriod = Check.Limit,
            EntireProcessTree = s.Random.Next(2) == 0,
            NewSession = s.Random.Next(4) == 0,
        });
        Process[] children = [.. Enumerable.Range(0, Children).Select(_ => scope.Start(Shell.Info("exec sleep 1000")))];
        s.Registry.Kill(children[0]);
        bool closes = s.Random.Next(2) == 0;
        if (closes)
        {
            children[1].Dispose();
        }

        s.Log.Note(closes ? "with a closed object" : "");
        ProcessScopeResult result = s.Result(scope.StopAsync());
        Check.That(result.Survivors.Count == 0, $"{result}");
        Check.That(result.Exits.Count >= Children - 1, $"{result.Exits.Count} exits");
        Check.That(result.Exits.All(static exit => exit.Status.ExitCode is 137 or 143), string.Join(", ", result.Exits.Select(exit => exit.Status)));
        foreach (Process child in children.Skip(closes ? 2 : 1))
        {
            Check.That(s.Registry.WaitForExit(child, (int)Check.Limit.TotalMilliseconds), $"process {child.Id} does not end");
        }

        Array.ForEach(children, static child => child.Dispose());
    }
}
