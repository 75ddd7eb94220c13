namespace PidFdProcess.Conformance;

/// <summary>What must be there for a case to run at all.</summary>
[Flags]
internal enum Needs
{
    Nothing = 0,

    /// <summary>pidfds work, because stock cannot do it.</summary>
    PidFds = 1,

    /// <summary>/proc is mounted.</summary>
    Proc = 2,
}

/// <summary>One thing that the library promises, tried on real processes.</summary>
/// <param name="Name">Its name on the command line and in the output.</param>
/// <param name="Needs">What must be there.</param>
/// <param name="Run">The trial, with a registry of its own. Throws if the promise is broken.</param>
internal sealed record Case(string Name, Needs Needs, Func<ProcessHandleRegistry, Task> Run)
{
    public Case(string name, Needs needs, Action<ProcessHandleRegistry> run)
        : this(name, needs, registry =>
        {
            run(registry);
            return Task.CompletedTask;
        })
    {
    }

    /// <summary>Gets all cases.</summary>
    public static Case[] All { get; } =
    [
        .. AttachCases.All, .. KillCases.All, .. WaitCases.All, .. StatusCases.All, .. SignalCases.All, .. StopCases.All,
        .. TreeCases.All, .. RecycleCases.All, .. ScaleCases.All, .. IdentityCases.All, .. ParityCases.All,
        .. LimitCases.All, .. ScopeCases.All, .. NamespaceCases.All,
        .. DotNet11Cases.All,
    ];

    /// <summary>Runs the case.</summary>
    /// <exception cref="SkipException">Something that it needs is missing.</exception>
    public async Task RunAsync(Func<ProcessHandleRegistry> createRegistry)
    {
        using ProcessHandleRegistry registry = createRegistry();
        if (Needs.HasFlag(Needs.Proc) && !Shared.ProcessTable.Exists)
        {
            throw new SkipException("no /proc");
        }

        if (Needs.HasFlag(Needs.PidFds) && registry.Support is { IsSupported: false } support)
        {
            throw new SkipException(support.Reason);
        }

        await Run(registry);
    }
}

/// <summary>The case cannot be tried here. The message says why.</summary>
internal sealed class SkipException(string reason) : Exception(reason);

/// <summary>A promise is broken.</summary>
internal sealed class CheckException(string message) : Exception(message);
