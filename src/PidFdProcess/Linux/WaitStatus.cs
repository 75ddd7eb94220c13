namespace PidFdProcess.Linux;

/// <summary>A wait status as <c>wait(2)</c> encodes it, and its decoding (<c>WIFEXITED</c> and the rest).</summary>
internal readonly record struct WaitStatus(int Raw)
{
    private const int CoreFlag = 0x80;
    private const int StoppedMark = 0x7f;
    private const int ContinuedMark = 0xffff;

    public bool IsExited => (Raw & 0x7f) == 0;

    public bool IsSignaled => (Raw & 0x7f) is not 0 and not StoppedMark;

    public bool IsCoreDumped => IsSignaled && (Raw & CoreFlag) != 0;

    public bool IsStopped => (Raw & 0xff) == StoppedMark;

    public bool IsContinued => Raw == ContinuedMark;

    public int ExitCode => (Raw >> 8) & 0xff;

    public int TerminatingSignal => Raw & 0x7f;

    public int StopSignal => ExitCode;

    /// <summary>Encodes the answer of waitid as the kernel's <c>wait4</c> encodes a status.</summary>
    public static WaitStatus From(SigInfo info) => (ChildCode)info.Code switch
    {
        ChildCode.Exited => new((info.Status & 0xff) << 8),
        ChildCode.Killed => new(info.Status),
        ChildCode.Dumped => new(info.Status | CoreFlag),
        ChildCode.Trapped or ChildCode.Stopped => new((info.Status << 8) | StoppedMark),
        ChildCode.Continued => new(ContinuedMark),
        _ => throw new ArgumentOutOfRangeException(nameof(info), info.Code, "si_code is none of the values CLD_* in waitid(2)."),
    };
}

/// <summary>si_code of a SIGCHLD, which is <c>CLD_EXITED</c> or one of the others in <c>sigaction(2)</c>.</summary>
internal enum ChildCode
{
    Exited = 1,
    Killed = 2,
    Dumped = 3,
    Trapped = 4,
    Stopped = 5,
    Continued = 6,
}
