using System.Runtime.Versioning;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging.Console;
using Supervisor;

[assembly: SupportedOSPlatform("linux")]

// Supervisor [settings.json]: without a file, the demo set of appsettings.json beside the program. Environment variables override both.
try
{
    HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
    builder.Configuration
        .AddJsonFile(args.Length > 0 ? Path.GetFullPath(args[0]) : Path.Combine(AppContext.BaseDirectory, "appsettings.json"))
        .AddEnvironmentVariables();
    SupervisorOptions options = builder.Configuration.GetSection("Supervisor").Get<SupervisorOptions>(
        static binder => binder.ErrorOnUnknownConfiguration = true) ?? new SupervisorOptions();
    if (options.FindFault() is { } fault)
    {
        throw new InvalidDataException(fault);
    }

    builder.Logging.AddConfiguration(builder.Configuration.GetSection("Logging"));
    builder.Services.AddSingleton(options);
    builder.Services.AddSingleton<SupervisorMetrics>();
    builder.Services.AddSingleton<IReadOnlyList<SupervisedProgram>>(static services =>
    [
        .. services.GetRequiredService<SupervisorOptions>().Programs.Select(
            program => ActivatorUtilities.CreateInstance<SupervisedProgram>(services, program.Key, program.Value)),
    ]);
    if (Console.IsOutputRedirected || SystemdHelpers.IsSystemdService())
    {
        builder.Logging.AddConsole(static console => console.FormatterName ??= ConsoleFormatterNames.Json);
        builder.Services.Configure<JsonConsoleFormatterOptions>(static json => json.TimestampFormat ??= "O");
    }
    else
    {
        builder.Services.AddHostedService<LiveTable>();
    }

    builder.Services.AddSystemd();
    builder.Services.AddHostedService<SupervisorService>();

    // A stop takes the longest grace period, and a little more for the kill.
    builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.LongestGracePeriod + TimeSpan.FromSeconds(10));
    await builder.Build().RunAsync();
    return 0;
}
catch (Exception e) when (e is IOException or InvalidDataException or InvalidOperationException or UnauthorizedAccessException)
{
    await Console.Error.WriteLineAsync($"Supervisor: {e.Message}{(e.InnerException is { } inner ? $" {inner.Message}" : "")}");
    return 1;
}
