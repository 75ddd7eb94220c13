using System.Diagnostics;
using System.Runtime.CompilerServices;
using PidFdProcess.Diagnostics;
using PidFdProcess.Handles;
using PidFdProcess.Runtime;

namespace PidFdProcess.Attachments;

// Overview
//
// Constraints: an entry must not keep its Process object alive. A Process object can be closed and restarted without a word to this library. An
// object without a pidfd must not pretend to have one. No lock is held over a call that may block.
//
// Scheme: a table of weak keys maps each Process object to an entry, which holds its attachment. The entry stays when the attachment is taken out,
// because the table frees removed keys late and finds others slowly until then. An attachment belongs to one run (RunIdentity), and is not
// changed but replaced, under a lock that covers the entries alone. Every call compares the run of the object with that of the attachment.
// A descriptor is closed when the exit was seen and the process was reaped, at Detach, when the sweep or a call finds the object closed,
// and at the latest when the object is collected.

/// <summary>Which run each Process object has, and its attachment.</summary>
internal sealed class AttachmentTable
{
    private readonly ConditionalWeakTable<Process, Entry> _entries = [];
    private readonly object _gate = new();
    private readonly RunOpener _opener;
    private readonly PidFdSupport? _override;
    private readonly AttachmentSweep _sweep;
    private volatile bool _isDisposed;

    public AttachmentTable(PidFdPlatform platform, PidFdSupport? supportOverride)
    {
        Platform = platform;
        _override = supportOverride ?? (OperatingSystem.IsLinux() ? null : PidFdSupport.NotLinux);
        if (supportOverride is not null)
        {
            Telemetry.NoteProbed(supportOverride.IsSupported, supportOverride.Reason);
        }

        _opener = new RunOpener(platform, this);
        _sweep = new AttachmentSweep(this);
    }

    public PidFdPlatform Platform { get; }

    /// <summary>A table on what this program runs on, unless an operator has disabled the library.</summary>
    public static AttachmentTable OfThisProgram() => new(PidFdPlatform.Shared, PidFdSupport.DisabledByOperator());

    /// <summary>Gets whether pidfds work, and if not, why.</summary>
    public PidFdSupport Support => _override ?? Platform.Support;

    /// <summary>Gets whether the table takes no more attachments and ends its waits.</summary>
    public bool IsDisposed => _isDisposed;

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

    /// <summary>The attachment of the object's present run; makes one if there is none.</summary>
    public ProcessAttachment Attach(Process process)
    {
        ArgumentNullException.ThrowIfNull(process);
        ThrowIfDisposed();
        ProcessAttachment? present = Find(process);
        return present is not null && present.IsCurrentIn(process) ? present : Replace(process, present, _opener.Open(process, Support));
    }

    /// <summary>Attaches an object to a pidfd that is known to be of its run. Takes over the pidfd, also if it throws.</summary>
    public ProcessAttachment Attach(Process process, int processId, SafePidFdHandle pidFd) =>
        Replace(process, null, _opener.Adopt(processId, RunIdentity.Of(process), pidFd));

    /// <summary>The attachment of the object's present run, if there is one.</summary>
    public ProcessAttachment? FindCurrent(Process process) =>
        Find(process) is { } attachment && attachment.Run.IsCurrentIn(process) ? attachment : null;

    /// <summary>Takes out an attachment, if it is the present one, and closes its pidfd.</summary>
    public bool Remove(Process process, ProcessAttachment? expected = null, bool isForGood = false)
    {
        ProcessAttachment? present;
        lock (_gate)
        {
            if (!_entries.TryGetValue(process, out Entry? entry)
                || (present = entry.Attachment) is null
                || (expected is not null && !ReferenceEquals(present, expected)))
            {
                return false;
            }

            entry.Attachment = null;
            if (isForGood)
            {
                _entries.Remove(process);
            }
        }

        present.Handle?.CloseWhenUnused();
        return true;
    }

    /// <summary>Removes all attachments and ends all waits that began in this table, also those of removed attachments.</summary>
    public void Clear(bool isForGood)
    {
        lock (_gate)
        {
            _isDisposed = isForGood;
        }

        foreach ((Process process, ProcessAttachment attachment) in All())
        {
            Remove(process, attachment);
        }

        Platform.EventLoop.EndAll(this);
    }

    /// <summary>All attachments, of objects that are alive.</summary>
    public IEnumerable<(Process Process, ProcessAttachment Attachment)> All()
    {
        foreach ((Process process, Entry entry) in _entries)
        {
            if (entry.Attachment is { } attachment)
            {
                yield return (process, attachment);
            }
        }
    }

    public void ThrowIfDisposed()
    {
#pragma warning disable CA1513 // ThrowIf names a type, and that of the caller's object is above this layer.
        if (_isDisposed)
        {
            throw new ObjectDisposedException($"{nameof(PidFdProcess)}.{nameof(ProcessHandleRegistry)}");
        }
#pragma warning restore CA1513
    }

    private ProcessAttachment? Find(Process process) => _entries.TryGetValue(process, out Entry? entry) ? entry.Attachment : null;

    /// <summary>Puts a new attachment in the place of the expected one. If another thread was faster, its attachment stays.</summary>
    private ProcessAttachment Replace(Process process, ProcessAttachment? expected, ProcessAttachment attachment)
    {
        ProcessAttachment? present;
        bool isDisposed;
        lock (_gate)
        {
            isDisposed = _isDisposed;
            Entry entry = _entries.GetValue(process, static _ => new Entry());
            present = entry.Attachment;
            if (!isDisposed && ReferenceEquals(present, expected))
            {
                entry.Attachment = present = attachment;
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
        PidFdMetrics.Attached(attachment.Handle is null ? "stock" : "pidfd", attachment.Cause switch
        {
            StockCause.None => "attached",
            StockCause.Exited => "exited",
            StockCause.Resource => "resource",
            _ => "unsupported",
        });
        _sweep.NoteAttached();
        return attachment;
    }

    private sealed class Entry
    {
        private volatile ProcessAttachment? _attachment;

        public ProcessAttachment? Attachment
        {
            get => _attachment;
            set => _attachment = value;
        }
    }
}
