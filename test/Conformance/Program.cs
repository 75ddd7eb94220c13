using PidFdProcess.Conformance.Soaking;
using PidFdProcess.Tests.Dummy.Commands;

namespace PidFdProcess.Conformance;

internal static class Program
{
    private static int Main(string[] arguments)
    {
        try
        {
            Options options = Options.Parse(arguments);
            if (options.List)
            {
                Array.ForEach(Case.All, each => Console.WriteLine(each.Name));
                return 0;
            }

            if (options.Traced is { } processId)
            {
                return SoakHost.Trace(processId);
            }

            if (options.Command is { } command)
            {
                RunAsync(command).GetAwaiter().GetResult();
                return 0;
            }

            if (options.Host is { } host)
            {
                Environment.Exit(SoakHost.Run(host, options.SoakSeconds ?? 0, options.Seed));
            }

            int exitCode = new Runner(options).Run(options.SoakSeconds is null ? Case.All : new Soak(options).Cases());

            // A case that hangs has threads that hang.
            Environment.Exit(exitCode);
            return exitCode;
        }
        catch (ArgumentException e)
        {
            Console.Error.WriteLine($"{e.Message}\n{Options.Usage}");
            return 2;
        }
    }

    private static Task RunAsync(string[] command) => command switch
    {
        ["own-child", string shell] => OwnChild.RunAsync(shell),
        ["print-identity"] => PrintIdentity.RunAsync(),
        ["stop-by-identity", string identity] => StopByIdentity.RunAsync(identity),
        _ => throw new ArgumentException($"no such command: {string.Join(' ', command)}"),
    };
}
