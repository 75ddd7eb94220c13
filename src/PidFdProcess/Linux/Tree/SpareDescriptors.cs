using Microsoft.Win32.SafeHandles;

namespace PidFdProcess.Linux;

/// <summary>
/// A few descriptors that are opened ahead. If the process is out of descriptors, a tree kill closes them. Then it can list the tree and open its
/// members one after the other.
/// </summary>
internal static class SpareDescriptors
{
    // A pidfd and a file of /proc are open at the same time. The third is there because another thread of the app may take a closed one.
    private const int Count = 3;
    private const int OpenReadOnlyCloseOnExec = 0x80000;

    private static readonly Stack<SafeFileHandle> s_spares = [];

    /// <summary>Opens the missing descriptors, unless the process has too few.</summary>
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

    /// <summary>Closes a spare descriptor. Returns whether there was one.</summary>
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
