using System.CommandLine;
using System.Runtime.Versioning;
using PidRun;

[assembly: SupportedOSPlatform("linux")]

// Each command of the tool is a class: RunCommand, WaitCommand, StopCommand, IdCommand, TreeCommand.
RootCommand root = new("""
    Runs, waits for, stops and names processes through pidfds, which never mean another process.

    Exits with 125 if pidrun fails or a process does not exist. 'run' exits with 126 if the command cannot be invoked, 127 if it is not found.
    """)
{
    new RunCommand(),
    new WaitCommand(),
    new StopCommand(),
    new IdCommand(),
    new TreeCommand(),
};

// [suggest] can be a command, too.
root.Directives.Clear();
ParseResult parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
if (parsed.Errors.Count > 0)
{
    Report.Line($"{parsed.Errors[0].Message} See --help.");
    return ExitCodes.Failed;
}

try
{
    // Signals are caught by CommandRun and ProcessWait, not by the parser.
    return await parsed.InvokeAsync(
        new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false });
}
catch (Exception e)
{
    Report.Line(e.Message);
    return ExitCodes.Failed;
}
