namespace PidFdProcess.Linux;

/// <summary>Which system call failed, and how. The default value is no failure.</summary>
/// <param name="Call">The name of the call, as messages have it.</param>
/// <param name="Error">The errno, or 0 if the call did not fail.</param>
internal readonly record struct CallFailure(string Call, Errno Error)
{
    public bool IsFailure => Error != 0;

    /// <summary>For example <c>poll: ENOMEM (the kernel is out of memory)</c>.</summary>
    public string Describe() => SystemCallError.Describe(Call, Error);
}
