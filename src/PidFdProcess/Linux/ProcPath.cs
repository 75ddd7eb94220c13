using System.Buffers.Text;

namespace PidFdProcess.Linux;

/// <summary>
/// Writes paths of /proc. The generic code of an interpolated string would have to be compiled in every program. It is also slower, and a tree kill
/// writes several paths for each member.
/// </summary>
internal static class ProcPath
{
    /// <summary>Writes a path with a number in it.</summary>
    /// <param name="path">Where to write it.</param>
    /// <param name="before">The text before the number.</param>
    /// <param name="number">The number.</param>
    /// <param name="after">The text after the number, with the NUL if the path ends there.</param>
    /// <returns>Where the path goes on.</returns>
    public static Span<byte> Write(Span<byte> path, ReadOnlySpan<byte> before, int number, ReadOnlySpan<byte> after)
    {
        before.CopyTo(path);
        path = path[before.Length..];
        Utf8Formatter.TryFormat(number, path, out int digits);
        path = path[digits..];
        after.CopyTo(path);
        return path[after.Length..];
    }
}
