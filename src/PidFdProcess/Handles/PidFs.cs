using System.Runtime.CompilerServices;
using PidFdProcess.Linux;

namespace PidFdProcess.Handles;

/// <summary>Names processes by their pidfs ids, and finds them again, as finely as this kernel can.</summary>
internal sealed class PidFs(PidFsProbe probe)
{
    private StrongBox<Guid>? _bootId;

    public IPidFs Calls => probe.Calls;

    /// <summary>Gets what works here.</summary>
    public PidFsAbility Ability => probe.Ability;

    /// <summary>The pidfs id of the process.</summary>
    /// <returns>The id, or <see langword="null"/> if pidfds have none on this kernel.</returns>
    /// <exception cref="System.ComponentModel.Win32Exception">The call worked before and fails now.</exception>
    public ulong? IdOf(SafePidFdHandle pidFd)
    {
        if (!Ability.HasPidFdIds)
        {
            return null;
        }

        Errno error = Calls.GetInode(pidFd, out ulong id);
        return error == 0 ? id : throw SystemCallError.Failed("statx", error);
    }

    /// <summary>
    /// Opens a process by its pidfs id alone. ESTALE means that the process has been reaped or is not visible in this PID namespace.
    /// </summary>
    public Errno OpenById(ulong id, out SafePidFdHandle pidFd)
    {
        Errno error = probe.Kernel.PidFdOpen(Environment.ProcessId, out SafePidFdHandle mount);
        using (mount)
        {
            if (error != 0)
            {
                pidFd = new SafePidFdHandle();
                return error;
            }

            return Calls.OpenByHandle(mount, Ability.HandleType, id, out pidFd);
        }
    }

    /// <summary>The boot id of this machine. It does not change while this program runs, so it is read once.</summary>
    public Errno GetBootId(out Guid? bootId)
    {
        Errno error = 0;
        if (_bootId is null && (error = Calls.ReadBootId(out Guid read)) == 0)
        {
            _bootId = new StrongBox<Guid>(read);
        }

        bootId = _bootId?.Value;
        return error;
    }
}
