using System.Globalization;

namespace PidFdProcess.Linux;

// Overview
//
// Tells whether the program has a handler of its own for a signal.
//
// Constraints: CoreCLR handles SIGTERM by a function of its own even if the program has no handler. That function ends the program, as the kernel
// would. All managed handlers go through one other function, which is in System.Native. In a program of one file, both are in the same file.
//
// Scheme: The function of the runtime is in the file that also handles SIGSEGV. It is not the function of System.Native, which also handles SIGCONT.

/// <summary>Tells which signals the program handles, by <c>sigaction(2)</c>.</summary>
internal static unsafe class SignalHandlers
{
    private const nuint Default = 0;
    private const nuint Ignore = 1;

    // The structure of glibc has 152 bytes, and begins with the handler.
    private const int ActionSize = 256;

    private static nuint s_ofRuntime;

    /// <summary>Returns whether the program neither handles nor ignores the signal. If that is not known, returns <see langword="false"/>.</summary>
    public static bool IsDefault(int signal)
    {
        nuint handler = HandlerOf(signal);
        if (handler == Default || handler == s_ofRuntime)
        {
            return true;
        }

        if (handler == Ignore || handler == HandlerOf(SignalNumbers.SigCont) || FileOf(handler) is not { } file
            || file != FileOf(HandlerOf(SignalNumbers.SigSegv)))
        {
            return false;
        }

        s_ofRuntime = handler;
        return true;
    }

    /// <summary>
    /// Returns the path in a line of <c>/proc/self/maps</c>, or an empty text if it has none. Returns <see langword="null"/> if the line is not about
    /// the address. For example "7f3e1c000000-7f3e1c021000 r-xp 00000000 fe:01 4711    /usr/lib/libc.so.6".
    /// </summary>
    /// <param name="line">The line.</param>
    /// <param name="address">The address. It is unsigned, because a signed one of 32 bits would be negative from 80000000 on.</param>
    internal static string? PathIn(string line, nuint address)
    {
        int dash = line.IndexOf('-', StringComparison.Ordinal);
        int blank = line.IndexOf(' ', StringComparison.Ordinal);
        if (address < Parse(line.AsSpan(0, dash)) || address >= Parse(line.AsSpan(dash + 1, blank - dash - 1)))
        {
            return null;
        }

        int path = line.IndexOf('/', StringComparison.Ordinal);
        return path < 0 ? "" : line[path..];
    }

    private static nuint HandlerOf(int signal)
    {
        byte* action = stackalloc byte[ActionSize];
        return Libc.SigAction(signal, null, action) == 0 ? *(nuint*)action : Ignore;
    }

    /// <summary>Returns the path of the file that an address of this program is in, or <see langword="null"/>.</summary>
    private static string? FileOf(nuint address)
    {
        try
        {
            foreach (string line in File.ReadLines("/proc/self/maps"))
            {
                if (PathIn(line, address) is { } path)
                {
                    return path.Length > 0 ? path : null;
                }
            }

            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static ulong Parse(ReadOnlySpan<char> number) => ulong.Parse(number, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
