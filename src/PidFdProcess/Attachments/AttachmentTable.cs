using System.Diagnostics;
using System.Runtime.CompilerServices;
using PidFdProcess.Diagnostics;
using PidFdProcess.Handles;
using PidFdProcess.Runtime;

namespace PidFdProcess.Attachments;

// Overview
//
// Maps each Process object to the attachment of its run.
//
// Constraints: An entry must not keep its Process object alive. The app can close and restart a Process object, and this library is not told. No lock
// is held during a call that may block.
//
// Scheme: A table of weak keys maps each Process object to its attachment. If the attachment is removed, a mark takes its place and the key stays.
// The table would free the key late, and look-ups would be slow until then. An attachment belongs to one run (RunIdentity). It is never changed
// but replaced, under a lock that covers only the table. Every call compares the run of the object with the run of the attachment. A descriptor is
// closed after the exit was seen and the process was reaped. It is closed earlier by Detach, or by the sweep or a call that finds the object closed.
// The garbage collector closes it at the latest, with the object.

/// <summary>The attachments of Process objects, each for one run.</summary>
internal sealed class AttachmentTable : IWaitOwner
{
    private static readonly object s_removed = new();

    // The values are attachments, or the mark of a removed one.
    private readonly ConditionalWeakTable<Process, object> _entries = [];
    private readonly object _gate = new();
    private readonly RunOpener _opener;
    private readonly PidFdSupport? _override;
    private readonly AttachmentSweep _sweep;
    private volatile bool _isDisposed;
    private volatile int _ends;

    public AttachmentTable(PidFdPlatform platform, PidFdSupport? supportOverride)
    {
        Platform = platform;
        _override = supportOverride ?? (OperatingSystem.IsLinux() ? null : PidFdSupport.NotLinux);
        if (supportOverride is not null)
        {
            Telemetry.NoteProbed(supportOverride.IsSupported, supportOverride.Reason);
        }

        _opener = new RunOpener(platform.Kernel, this);
        _sweep = new AttachmentSweep(this);
    }

    public PidFdPlatform Platform { get; }

    /// <summary>Makes a table for the kernel of this program, unless an operator has disabled the library.</summary>
    public static AttachmentTable OfThisProgram() => new(PidFdPlatform.Shared, PidFdSupport.DisabledByOperator());

    /// <summary>Makes the table of the default registry, which lives as long as the context of the library.</summary>
    public static AttachmentTable OfContext()
    {
        AttachmentTable table = OfThisProgram();
        UnloadingContext.WhenUnloading(table.RemoveStarted);
        return table;
    }

    /// <summary>Gets whether pidfds work, and the reason if they do not.</summary>
    public PidFdSupport Support => _override ?? Platform.Support;

    /// <summary>Gets whether the table accepts no more attachments and has ended its waits.</summary>
    public bool IsDisposed => _isDisposed;

    public int Ends => _ends;

    public int Count
    {
        get
        {
            int count = 0;
            foreach ((Process process, ProcessAttachment attachment) in All())
            {
                count += attachment.Run.IsCurrentIn(process) ? 1 : 0;
            }

            return count;
        }
    }

    /// <summary>Returns the attachment of the object's present run, and makes one if there is none.</summary>
    public ProcessAttachment Attach(Process process)
    {
        ArgumentNullException.ThrowIfNull(process);
        ThrowIfDisposed();
        ProcessAttachment? present = Find(process);
        return present is not null && present.IsCurrentIn(process) ? present : Replace(process, present, _opener.Open(process, Support, present));
    }

    /// <summary>Attaches an object to a pidfd that is known to be of its run. Owns the pidfd from now on, even if it throws.</summary>
    public ProcessAttachment Attach(Process process, int processId, SafePidFdHandle pidFd) =>
        Replace(process, null, _opener.AdoptOrNote(processId, RunIdentity.Of(process), pidFd));

    /// <summary>Returns the attachment of the object's present run, or <see langword="null"/> if there is none.</summary>
    public ProcessAttachment? FindCurrent(Process process)
    {
        ArgumentNullException.ThrowIfNull(process);
        return Find(process) is { } attachment && attachment.Run.IsCurrentIn(process) ? attachment : null;
    }

    /// <summary>Removes an attachment, if the object still has it, and closes its pidfd.</summary>
    public bool Remove(Process process, ProcessAttachment? expected = null, bool isForGood = false)
    {
        ArgumentNullException.ThrowIfNull(process);
        ProcessAttachment? present;
        lock (_gate)
        {
            present = Find(process);
            if (present is null || (expected is not null && !ReferenceEquals(present, expected)))
            {
                return false;
            }

            if (isForGood)
            {
                _entries.Remove(process);
            }
            else
            {
                _entries.AddOrUpdate(process, s_removed);
            }
        }

        present.Handle?.CloseWhenUnused();
        return true;
    }

    /// <summary>
    /// Removes all attachments and ends all waits that began in this table, including waits of attachments that were removed before.
    /// </summary>
    public void Clear(bool isForGood)
    {
        lock (_gate)
        {
            _isDisposed = isForGood;
            _ends++;
        }

        foreach ((Process process, ProcessAttachment attachment) in All())
        {
            Remove(process, attachment);
        }

        Platform.EventLoop.EndAll(this);
    }

    /// <summary>Enumerates the attachments of all objects that have not been collected.</summary>
    public IEnumerable<KeyValuePair<Process, ProcessAttachment>> All()
    {
        foreach ((Process process, object entry) in _entries)
        {
            if (entry is ProcessAttachment attachment)
            {
                yield return new(process, attachment);
            }
        }
    }

    public void ThrowIfDisposed()
    {
        if (_isDisposed)
        {
            throw DisposedRegistry.Exception();
        }
    }

    // An attachment keeps a collectible context loaded as long as its object lives. The attachment of a fetched object stays, because without it a
    // later call would go by a PID that another process may have.
    private void RemoveStarted()
    {
        foreach ((Process process, ProcessAttachment attachment) in All())
        {
            if (attachment.Run.IsStarted)
            {
                Remove(process, attachment);
            }
        }
    }

    private ProcessAttachment? Find(Process process) => _entries.TryGetValue(process, out object? entry) ? entry as ProcessAttachment : null;

    /// <summary>Puts a new attachment in the place of the expected one. If another thread was faster, keeps the attachment of that thread.</summary>
    private ProcessAttachment Replace(Process process, ProcessAttachment? expected, ProcessAttachment attachment)
    {
        ProcessAttachment? present;
        bool isDisposed;
        lock (_gate)
        {
            isDisposed = _isDisposed;
            present = Find(process);
            if (!isDisposed && ReferenceEquals(present, expected))
            {
                _entries.AddOrUpdate(process, attachment);
                present = attachment;
            }
        }

        if (!ReferenceEquals(present, attachment))
        {
            attachment.Handle?.CloseWhenUnused();
            ThrowIfDisposed();

            // The other thread may have seen an earlier run.
            return present is not null && present.Run.IsCurrentIn(process) ? present : Attach(process);
        }

        expected?.Handle?.CloseWhenUnused();
        if (!attachment.Run.IsStarted)
        {
            FetchedRuns.Note(process, attachment, Platform);
        }

        PidFdMetrics.Attached(attachment.Handle is null ? "stock" : "pidfd", attachment.Cause switch
        {
            StockCause.None => "attached",
            StockCause.Exited => "exited",
            StockCause.Resource => PidFdMetrics.Resource,
            _ => "unsupported",
        });

        // A known start time tells that a pidfd was opened and closed again. If none could be opened, the program has no descriptor at all, and then
        // the runtime may be unable to load what the sweep needs. Each call attaches such a process again, so only the first attachment counts.
        bool isShort = attachment.WithoutPidFd is { Cause: StockCause.Resource, StartTicks: not 0 } && expected?.Cause != StockCause.Resource;
        _sweep.NoteAttached(isShort);
        return attachment;
    }
}
