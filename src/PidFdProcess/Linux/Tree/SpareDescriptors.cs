using Microsoft.Win32.SafeHandles;

namespace PidFdProcess.Linux;

/// <summary>
/// A few descriptors that are opened ahead. A tree kill closes them when the process is out of descriptors, so that it can list the tree and open
/// its members one after the other.
/// </summary>
internal static class SpareDescriptors
{
    // One for a pidfd, one for a file of /proc. The third makes up for one that another thread of the app takes.
    private const int Count = 3;
    private const int OpenReadOnlyCloseOnExec = 0x80000;

    private static readonly Stack<SafeFileHandle> s_spares = [];

    /// <summary>Opens what is missing, as far as that is possible now.</summary>
    public static unsafe void Reserve()
    {
        lock (s_spares)
        {
            while (s_spares.Count < Count)
            {
                SafeFileHandle spare;
                fixed (byte* path = "/dev/null\0"u8)
                {
                    spare = new SafeFileHandle(Libc.Open(path, OpenReadOnlyCloseOnExec, 0), ownsHandle: true);
                }

                if (spare.IsInvalid)
                {
                    spare.Dispose();
                    return;
                }

                s_spares.Push(spare);
            }
        }
    }

    /// <summary>Closes one. <see langword="false"/>: none is left.</summary>
    public static bool TryRelease()
    {
        lock (s_spares)
        {
            if (!s_spares.TryPop(out SafeFileHandle? spare))
            {
                return false;
            }

            spare.Dispose();
            return true;
        }
    }
}
