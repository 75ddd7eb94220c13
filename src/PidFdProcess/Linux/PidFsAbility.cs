namespace PidFdProcess.Linux;

/// <summary>How a process can be found again on this kernel.</summary>
/// <param name="Method">The most exact method that works.</param>
/// <param name="Reason">Why the more exact methods do not work, in words that an operator can act on.</param>
/// <param name="HandleType">The type of handles of files on pidfs, if <see cref="PidFsMethod.FileHandle"/> works.</param>
/// <param name="Error">The errno of the call that failed, or 0.</param>
internal sealed record PidFsAbility(PidFsMethod Method, string Reason, int HandleType = 0, Errno Error = 0)
{
    public bool HasPidFdIds => Method >= PidFsMethod.PidFdId;

    /// <summary>Gets whether another probe would end the same.</summary>
    public bool IsFinal => !SystemCallError.MayPass(Error);

    /// <summary>
    /// Tries every call that identities need, on the calling process itself. The first call that fails decides the method. Under a seccomp filter,
    /// the calls on file handles are not tried.
    /// </summary>
    public static PidFsAbility Probe(IKernel kernel, IPidFs calls)
    {
        Errno error = kernel.PidFdOpen(Environment.ProcessId, out SafePidFdHandle self);
        using (self)
        {
            if (error != 0)
            {
                return Ticks(ErrnoTable.PidFdOpen, error);
            }

            error = calls.IsOnPidFs(self, out bool isOnPidFs);
            if (error != 0 || !isOnPidFs)
            {
                return error != 0 ? Ticks("fstatfs", error) : TicksOnly("pidfds have no id (Linux older than 6.9)");
            }

            error = calls.GetInode(self, out ulong id);
            if (error != 0)
            {
                return Ticks("statx", error);
            }

            // The filter of a systemd unit or a sandbox may end the program for a call that it does not list. Its list often lacks open_by_handle_at.
            error = calls.HasSeccompFilter(out bool hasFilter);
            if (error != 0 || hasFilter)
            {
                return error != 0
                    ? Ids(ErrnoTable.Proc, error)
                    : IdsOnly("a seccomp filter is on, which may end a program that calls open_by_handle_at");
            }

            error = calls.GetHandle(self, out int type, out ulong handleId);
            if (error != 0 || handleId != id)
            {
                return error != 0 ? Ids(ErrnoTable.NameToHandleAt, error) : IdsOnly("the handle of name_to_handle_at is not the pidfs id");
            }

            // The call needs a descriptor on pidfs to find the file system, and takes any of them.
            error = calls.OpenByHandle(self, type, id, out SafePidFdHandle same);
            same.Dispose();
            return error != 0
                ? Ids(ErrnoTable.OpenByHandleAt, error)
                : new PidFsAbility(PidFsMethod.FileHandle, "processes are identified by file handle", type);
        }
    }

    private static PidFsAbility Ids(string call, Errno error) => IdsOnly($"of {SystemCallError.Describe(call, error)}", error);

    private static PidFsAbility IdsOnly(string why, Errno error = 0) =>
        new(PidFsMethod.PidFdId, $"processes are identified by PID and pidfs id, because {why}", Error: error);

    private static PidFsAbility Ticks(string call, Errno error) => TicksOnly($"of {SystemCallError.Describe(call, error)}", error);

    private static PidFsAbility TicksOnly(string why, Errno error = 0) =>
        new(PidFsMethod.StartTicks, $"processes are identified by PID and start time, 10 ms fine, because {why}", Error: error);
}
