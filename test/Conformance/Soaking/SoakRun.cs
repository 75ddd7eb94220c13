using System.Diagnostics;
using PidFdProcess.Shared;

namespace PidFdProcess.Conformance.Soaking;

internal enum SoakState
{
    /// <summary>It runs, and nothing has told it to end.</summary>
    Running,

    /// <summary>It has been told to end, so an answer may be that of before or that of after.</summary>
    Ending,

    /// <summary>A call has answered that it has exited. No later call may take that back.</summary>
    Exited,
}

/// <summary>The model of one run of a process, from one start to its exit. It says which answers are right.</summary>
internal sealed class SoakRun(SoakProcess subject, int processId)
{
    private const int SignalBase = 128;
    private static readonly bool s_kernelTellsAnyStatus = Host.KernelVersion >= new Version(6, 15);

    private readonly List<Ending> _endings = [];

    public int ProcessId { get; } = processId;

    public SoakState State { get; private set; }

    /// <summary>Gets or sets whether its parent is known to have reaped it, so that it takes no signals.</summary>
    public bool IsReaped { get; set; }

    /// <summary>Gets the registries that have a pidfd of it from the time when it ran.</summary>
    public HashSet<ProcessHandleRegistry> KnownTo { get; } = [];

    public bool IsSubject(Process process) => ReferenceEquals(process, subject.Process);

    public bool IsRunning => State == SoakState.Running;

    /// <summary>Says that the run may end by the signal, unless it ends before by an earlier cause.</summary>
    public void EndBySignal(int signal) => End(new Ending(SignalBase + signal, signal));

    public void EndByExit(int code) => End(new Ending(code, null));

    /// <summary>Takes an answer to the question whether the process has exited. Of a child, a "yes" says that it is reaped.</summary>
    public void Saw(bool exited)
    {
        Note(exited);
        IsReaped |= exited && subject.IsChild;
    }

    /// <summary>Takes the answer of a call that sends a signal which ends the process.</summary>
    public void Sent(bool sent, int signal)
    {
        Sent(sent);
        EndBySignal(signal);
    }

    /// <summary>Takes the answer of a call that sends a signal.</summary>
    public void Sent(bool sent)
    {
        // A zombie takes signals. A status is known before the process is reaped.
        Check.That(sent || !IsRunning, $"{this} runs, but did not take a signal");
        Check.That(!sent || !IsReaped, $"{this} is gone, but took a signal");
    }

    public void Ended(PidFdExitStatus status, bool wasKnown)
    {
        Note(exited: true);
        if (status.Source == ExitStatusSource.Unknown)
        {
            Check.That(!subject.IsChild && !(wasKnown && s_kernelTellsAnyStatus), $"{this}: the status is unknown");
            return;
        }

        Ended($"{status} ({status.ExitCode}) by {status.Source}", ending =>
            ending.Code == status.ExitCode && (status.Source == ExitStatusSource.Runtime || ending.Signal == (int?)status.Signal));
        Check.That((status.ResourceUsage is not null) == (status.Source == ExitStatusSource.WaitId), $"{this}: the usage by {status.Source}");
    }

    public void Ended(int exitCode) => Ended($"ExitCode {exitCode}", ending => ending.Code == exitCode);

    public override string ToString() => $"{subject.Name}, process {ProcessId}, {State}{(IsRunning ? "" : $" with {string.Join(" or ", _endings)}")}";

    /// <summary>Takes an answer to the question whether the process has exited, from a call that does not wait for the reap.</summary>
    public void Note(bool exited)
    {
        Check.That(!exited || !IsRunning, $"{this} runs, but was reported as exited");
        Check.That(exited || State != SoakState.Exited, $"{this} has exited, but was reported as running");
        State = exited ? SoakState.Exited : State;
    }

    // All later answers have to agree.
    private void Ended(string answer, Predicate<Ending> agrees)
    {
        Check.That(_endings.Exists(agrees), $"{this}: {answer}");
        _endings.RemoveAll(ending => !agrees(ending));
    }

    private void End(Ending ending)
    {
        // Nothing gets ahead of SIGKILL.
        if (State != SoakState.Exited && !_endings.Exists(each => each.Signal == Native.SigKill))
        {
            State = SoakState.Ending;
            _endings.Add(ending);
        }
    }

    private readonly record struct Ending(int Code, int? Signal)
    {
        public override string ToString() => Signal is { } signal ? $"signal {signal}" : $"exit code {Code}";
    }
}
