using System.Buffers.Binary;
using System.Buffers.Text;

namespace PidFdProcess.Linux;

/// <summary>
/// Reads the lists under <c>/proc</c>. Each method opens one descriptor and returns the errno. The directory classes of the runtime would throw
/// different exceptions instead.
/// </summary>
internal static class ProcLists
{
    private const int PathSize = 64;
    private const int ListBufferSize = 4096;

    // struct linux_dirent64 has the inode and the offset (8 bytes each), the length of the entry (2), the type (1), and the name.
    private const int DirectoryEntryLength = 16;
    private const int DirectoryEntryName = 19;

    public static Errno ReadChildren(int processId, int threadId, List<int> children)
    {
        Span<byte> path = stackalloc byte[PathSize];
        ProcPath.Write(ProcPath.Write(path, "/proc/"u8, processId, "/task/"u8), default, threadId, "/children\0"u8);
        Errno error = ProcFile.Open(path, out ProcFile file);
        if (error != 0)
        {
            return error;
        }

        using (file)
        {
            Span<byte> buffer = stackalloc byte[ListBufferSize];
            int id = 0;
            while ((error = file.Read(buffer, out int count)) == 0 && count > 0)
            {
                // A number may continue in the next read.
                foreach (byte digit in buffer[..count])
                {
                    if (digit != ' ')
                    {
                        id = (id * 10) + (digit - '0');
                        continue;
                    }

                    children.Add(id);
                    id = 0;
                }
            }

            return error;
        }
    }

    public static Errno ListProcesses(List<int> processIds) => ListNumbers("/proc\0"u8, processIds);

    public static Errno ListThreads(int processId, List<int> threadIds)
    {
        Span<byte> path = stackalloc byte[PathSize];
        ProcPath.Write(path, "/proc/"u8, processId, "/task\0"u8);
        return ListNumbers(path, threadIds);
    }

    private static Errno ListNumbers(ReadOnlySpan<byte> path, List<int> numbers)
    {
        Errno error = ProcFile.Open(path, out ProcFile directory);
        if (error != 0)
        {
            return error;
        }

        using (directory)
        {
            Span<byte> buffer = stackalloc byte[ListBufferSize];
            while ((error = directory.ReadEntries(buffer, out int count)) == 0 && count > 0)
            {
                for (ReadOnlySpan<byte> entries = buffer[..count]; !entries.IsEmpty;)
                {
                    int length = BitConverter.IsLittleEndian
                        ? BinaryPrimitives.ReadUInt16LittleEndian(entries[DirectoryEntryLength..])
                        : BinaryPrimitives.ReadUInt16BigEndian(entries[DirectoryEntryLength..]);
                    ReadOnlySpan<byte> name = entries[DirectoryEntryName..length];
                    name = name[..name.IndexOf((byte)0)];
                    if (Utf8Parser.TryParse(name, out int number, out int digits) && digits == name.Length)
                    {
                        numbers.Add(number);
                    }

                    entries = entries[length..];
                }
            }

            return error;
        }
    }
}
