using PidFdProcess.Shared;

namespace PidFdProcess.Tests.Dummy;

/// <summary>How many descriptors this program may open.</summary>
internal static unsafe class DescriptorRoom
{
    /// <summary>Sets the soft limit.</summary>
    public static void Limit(int descriptors)
    {
        Native.Limits limits = new();
        _ = Native.GetLimit(Native.DescriptorLimit, &limits);
        limits = limits with { Soft = (ulong)descriptors };
        _ = Native.SetLimit(Native.DescriptorLimit, &limits);
    }

    /// <summary>Returns whether so many files can be open at once.</summary>
    public static bool HasRoomFor(int count)
    {
        List<FileStream> files = [];
        try
        {
            for (int i = 0; i < count; i++)
            {
                files.Add(OpenFile());
            }

            return true;
        }
        catch (IOException)
        {
            return false;
        }
        finally
        {
            files.ForEach(static file => file.Dispose());
        }
    }

    /// <summary>Opens a file that takes one descriptor.</summary>
    public static FileStream OpenFile() => new("/dev/null", FileMode.Open, FileAccess.Read);
}
