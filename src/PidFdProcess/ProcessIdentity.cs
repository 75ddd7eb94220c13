using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace PidFdProcess;

/// <summary>
/// Names a process beyond the end of this program, for example in a file, an environment variable or a message. Unlike a PID, an identity never names
/// another process. Without pidfs ids (before Linux 6.9), two processes that had one PID and started within the same 10 ms are not told apart.
/// </summary>
/// <param name="ProcessId">The PID, as the program that made the identity saw it.</param>
/// <param name="PidFdId">
/// The inode number of the pidfd (pidfs, Linux 6.9 and later), or <see langword="null"/> if it is not known. The kernel gives each number to one
/// process until the next boot.
/// </param>
/// <param name="StartTicks">
/// When the process started, in ticks of 10 ms since the boot (field 22 of <c>/proc/PID/stat</c>, see <c>proc_pid_stat(5)</c>). It is
/// <see langword="null"/> if it is not known, for example in an identity that was parsed from a text with a pidfs id.
/// </param>
/// <param name="BootId">
/// The boot that the process belongs to (<c>/proc/sys/kernel/random/boot_id</c>), or <see langword="null"/> if it is not known.
/// </param>
/// <remarks>
/// <para>
/// <see cref="ProcessHandleRegistry.GetIdentity"/> makes an identity, and <see cref="ProcessHandleRegistry.Open(ProcessIdentity)"/> opens its process
/// again.
/// </para>
/// <para>
/// There are three text forms. <see cref="ToString()"/> returns <c>4711:408701@</c> and the boot id. If the kernel has no pidfs ids, it returns
/// <c>4711:t8123456@</c> and the boot id. The format <c>P</c> returns <c>4711:408701</c>, which <c>kill(1)</c> of util-linux takes. That form lacks
/// the boot id, so use it within one boot only. <see cref="Parse(string)"/> takes all three forms.
/// </para>
/// <para>
/// Two identities that both have a pidfs id are equal if the ids and the boots are equal. The PIDs are not compared then, because a process has
/// another PID in each PID namespace. Otherwise the PIDs, the start ticks and the boots are compared. All identities of one boot have the same hash
/// code, because equal identities may differ in every other part. Key a large dictionary by <see cref="PidFdId"/> instead.
/// </para>
/// <para>
/// Equality is not transitive. An identity with a pidfs id and start ticks can equal an identity with the id alone, and also an identity with the
/// ticks alone. These two do not equal each other. So a set or a dictionary should have identities of one form.
/// </para>
/// </remarks>
public readonly record struct ProcessIdentity(int ProcessId, ulong? PidFdId, ulong? StartTicks, Guid? BootId)
    : ISpanParsable<ProcessIdentity>, ISpanFormattable
{
    private const int GuidLength = 36;

    // Longer than the longest text, which has a PID of 10 digits, an id of 20, a GUID, and three separators.
    private const int MaxLength = 80;

    private const int MaxShownLength = 100;

    /// <summary>Parses one of the three text forms. Ignores white space around it, for example the newline at the end of a file.</summary>
    /// <param name="s">The text.</param>
    /// <returns>The identity.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="s"/> is <see langword="null"/>.</exception>
    /// <exception cref="FormatException">The text is no identity. The message names the fault.</exception>
    public static ProcessIdentity Parse(string s) => Parse(s, null);

    /// <inheritdoc cref="Parse(string)"/>
    /// <param name="s">The text.</param>
    /// <param name="provider">Not used, because the forms are the same in every culture.</param>
    public static ProcessIdentity Parse(string s, IFormatProvider? provider)
    {
        ArgumentNullException.ThrowIfNull(s);
        return Parse(s.AsSpan(), provider);
    }

    /// <inheritdoc cref="Parse(string)"/>
    /// <param name="s">The text.</param>
    /// <param name="provider">Not used, because the forms are the same in every culture.</param>
    public static ProcessIdentity Parse(ReadOnlySpan<char> s, IFormatProvider? provider) =>
        Read(s, out ProcessIdentity identity) is not { } fault
            ? identity
            : throw new FormatException($"'{Shorten(s)}' is no process identity: {fault}.");

    /// <summary>Parses one of the three text forms (see <see cref="Parse(string)"/>).</summary>
    /// <param name="s">The text.</param>
    /// <param name="result">The identity, if the text is one.</param>
    /// <returns><see langword="true"/> if the text is an identity.</returns>
    public static bool TryParse([NotNullWhen(true)] string? s, out ProcessIdentity result) => TryParse(s, null, out result);

    /// <inheritdoc cref="TryParse(string?, out ProcessIdentity)"/>
    /// <param name="s">The text.</param>
    /// <param name="provider">Not used, because the forms are the same in every culture.</param>
    /// <param name="result">The identity, if the text is one.</param>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out ProcessIdentity result) =>
        TryParse(s.AsSpan(), provider, out result);

    /// <inheritdoc cref="TryParse(string?, out ProcessIdentity)"/>
    /// <param name="s">The text.</param>
    /// <param name="provider">Not used, because the forms are the same in every culture.</param>
    /// <param name="result">The identity, if the text is one.</param>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out ProcessIdentity result) => Read(s, out result) is null;

    /// <summary>Returns the text form that finds the process again after a restart of this program.</summary>
    /// <returns>For example <c>4711:408701@9f2c0e5e-6c40-4c2b-9a3f-1d0d6a3b7a10</c>.</returns>
    public override string ToString() => ToString(null, null);

    /// <summary>Returns a text form.</summary>
    /// <param name="format">
    /// <see langword="null"/>, empty or <c>G</c> for the form of <see cref="ToString()"/>. <c>P</c> for <c>PID:inode</c>, as util-linux writes it.
    /// </param>
    /// <returns>The text.</returns>
    /// <exception cref="FormatException">The format is unknown, or it is <c>P</c> and <see cref="PidFdId"/> is <see langword="null"/>.</exception>
    public string ToString(string? format) => ToString(format, null);

    /// <inheritdoc cref="ToString(string?)"/>
    /// <param name="format">The format.</param>
    /// <param name="formatProvider">Not used, because the forms are the same in every culture.</param>
    public string ToString(string? format, IFormatProvider? formatProvider)
    {
        Span<char> buffer = stackalloc char[MaxLength];
        TryFormat(buffer, out int length, format, formatProvider);
        return new string(buffer[..length]);
    }

    /// <summary>Writes a text form, without an allocation.</summary>
    /// <param name="destination">The buffer to write to.</param>
    /// <param name="charsWritten">How many characters were written.</param>
    /// <param name="format">The format, as for <see cref="ToString(string?)"/>.</param>
    /// <param name="provider">Not used, because the forms are the same in every culture.</param>
    /// <returns><see langword="false"/> if the buffer is too short.</returns>
    /// <exception cref="FormatException">The format is unknown, or it is <c>P</c> and <see cref="PidFdId"/> is <see langword="null"/>.</exception>
    public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format = default, IFormatProvider? provider = null)
    {
        bool withBoot = format is "" or "G";
        if (!withBoot && format is not "P")
        {
            throw new FormatException($"There is no format '{Shorten(format)}' of a process identity. Use G or P.");
        }

        if (!withBoot && PidFdId is null)
        {
            throw new FormatException($"The identity {this} has no pidfs id, so there is no PID:inode form of it.");
        }

        charsWritten = 0;
        bool fits = Append(destination, ref charsWritten, ProcessId) && Append(destination, ref charsWritten, ':')
            && AppendName(destination, ref charsWritten);
        if (fits && withBoot && BootId is { } boot)
        {
            fits = Append(destination, ref charsWritten, '@') && Append(destination, ref charsWritten, boot);
        }

        charsWritten = fits ? charsWritten : 0;
        return fits;
    }

    /// <summary>Returns whether both name the same process. See the remarks of <see cref="ProcessIdentity"/>.</summary>
    /// <param name="other">The other identity.</param>
    /// <returns><see langword="true"/> if they do.</returns>
    public bool Equals(ProcessIdentity other) =>
        BootId == other.BootId
        && (PidFdId is not null && other.PidFdId is not null
            ? PidFdId == other.PidFdId
            : ProcessId == other.ProcessId && StartTicks == other.StartTicks);

    /// <inheritdoc/>
    public override int GetHashCode() => BootId.GetHashCode();

    /// <summary>Returns the fault of the text, or <see langword="null"/> if it is an identity.</summary>
    private static string? Read(ReadOnlySpan<char> text, out ProcessIdentity identity)
    {
        identity = default;
        text = text.Trim();
        int colon = text.IndexOf(':');
        if (colon < 0)
        {
            return text.IsEmpty ? "it is empty" : "no ':' follows the PID";
        }

        if (!IsNumber(text[..colon]) || !int.TryParse(text[..colon], CultureInfo.InvariantCulture, out int processId) || processId == 0)
        {
            return "what is before the ':' is no PID, a number from 1 to 2147483647";
        }

        ReadOnlySpan<char> id = text[(colon + 1)..];
        Guid? bootId = null;
        int at = id.IndexOf('@');
        if (at >= 0)
        {
            if (!TryParseGuid(id[(at + 1)..], out Guid boot))
            {
                return "what follows the '@' is no boot id, a UUID of 36 characters that is not all zeros";
            }

            bootId = boot;
            id = id[..at];
        }

        bool isTicks = id is ['t', ..];
        if (!IsNumber(isTicks ? id[1..] : id) || !ulong.TryParse(isTicks ? id[1..] : id, CultureInfo.InvariantCulture, out ulong number))
        {
            return "what follows the ':' is neither a pidfs id, a number, nor 't' and the start ticks, a number";
        }

        if (isTicks && bootId is null)
        {
            return "start ticks need '@' and the boot id behind them";
        }

        if (!isTicks && number == 0)
        {
            return "0 is no pidfs id";
        }

        identity = isTicks ? new ProcessIdentity(processId, null, number, bootId) : new ProcessIdentity(processId, number, null, bootId);
        return null;
    }

    private bool AppendName(Span<char> destination, ref int length) => this switch
    {
        { PidFdId: { } id } => Append(destination, ref length, id),
        { StartTicks: { } ticks, BootId: not null } => Append(destination, ref length, 't') && Append(destination, ref length, ticks),

        // This identity names no process. Parse does not accept the text.
        _ => Append(destination, ref length, '?'),
    };

    // An interpolated string boxes the parts until the JIT has optimized the method.
    private static bool Append<T>(Span<char> destination, ref int length, T part)
        where T : struct, ISpanFormattable
    {
        bool fits = part.TryFormat(destination[length..], out int written, default, CultureInfo.InvariantCulture);
        length += written;
        return fits;
    }

    // int.TryParse and ulong.TryParse also accept signs and trailing NULs.
    private static bool IsNumber(ReadOnlySpan<char> text) => !text.IsEmpty && !text.ContainsAnyExceptInRange('0', '9');

    // Guid.TryParseExact also accepts white space and signs.
    private static bool TryParseGuid(ReadOnlySpan<char> text, out Guid guid)
    {
        guid = default;
        if (text.Length != GuidLength)
        {
            return false;
        }

        for (int i = 0; i < text.Length; i++)
        {
            if (i is 8 or 13 or 18 or 23 ? text[i] != '-' : !char.IsAsciiHexDigit(text[i]))
            {
                return false;
            }
        }

        return Guid.TryParseExact(text, "D", out guid) && guid != Guid.Empty;
    }

    private static string Shorten(ReadOnlySpan<char> text) => text.Length <= MaxShownLength ? text.ToString() : $"{text[..MaxShownLength]}...";
}
