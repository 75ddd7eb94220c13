using PidFdProcess.Conformance.Soaking;

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
}
