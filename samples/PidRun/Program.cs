using System.CommandLine;
using System.Runtime.Versioning;
using PidRun;

[assembly: SupportedOSPlatform("linux")]

// Like timeout(1) and waitpid(1), on pidfds. The command line is in PidRunCommand, the work in CommandRun and PidWait.
ParseResult parsed = new PidRunCommand().Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
if (parsed.Errors.Count > 0)
{
    Report.Line($"{parsed.Errors[0].Message} See --help.");
    return ExitCodes.Failed;
}

try
{
    // Signals are caught by CommandRun and PidWait, not by the parser.
    return await parsed.InvokeAsync(
        new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false });
}
catch (Exception e)
{
    Report.Line(e.Message);
    return ExitCodes.Failed;
}
