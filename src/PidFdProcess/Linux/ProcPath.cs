using System.Buffers.Text;

namespace PidFdProcess.Linux;

/// <summary>Paths of /proc, without an interpolated string, whose generic code would be compiled in every program.</summary>
internal static class ProcPath
{
    /// <summary>Writes a path with a number in it.</summary>
    /// <param name="path">Where to write it.</param>
    /// <param name="before">What comes before the number.</param>
    /// <param name="number">The number.</param>
    /// <param name="after">What comes after the number, with the NUL at the end.</param>
    public static void Write(Span<byte> path, ReadOnlySpan<byte> before, int number, ReadOnlySpan<byte> after)
    {
        before.CopyTo(path);
        path = path[before.Length..];
        Utf8Formatter.TryFormat(number, path, out int digits);
        after.CopyTo(path[digits..]);
    }
}
