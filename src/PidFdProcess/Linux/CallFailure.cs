namespace PidFdProcess.Linux;

/// <summary>Which system call failed, and how. The default value is no failure.</summary>
/// <param name="Call">The name of the call, as messages have it.</param>
/// <param name="Error">The errno, or 0 if there is none.</param>
/// <param name="Reason">Why the call was not made, or why its result does not count. Null if an errno says it.</param>
internal readonly record struct CallFailure(string Call, Errno Error, string? Reason = null)
{
    public bool IsFailure => Error != 0 || Reason is not null;

    /// <summary>Gets the name of the errno, or <c>none</c> if the failure has a reason instead.</summary>
    public string ErrorName => Error != 0 ? SystemCallError.Name(Error) : "none";

    /// <summary>A failure that no errno describes.</summary>
    public static CallFailure Because(string call, string reason) => new(call, 0, reason);

    /// <summary>For example <c>poll: ENOMEM (the kernel is out of memory)</c>.</summary>
    public string Describe() => Reason is null ? SystemCallError.Describe(Call, Error) : $"{Call}: {Reason}";
}
