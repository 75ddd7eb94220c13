using Microsoft.Extensions.Hosting.Systemd;
using Supervisor;

// Supervisor [settings.json]: without a file, the demo set of appsettings.json beside the program.
HostApplicationBuilder builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings
{
    ContentRootPath = AppContext.BaseDirectory,
    DisableDefaults = args.Length > 0,
});
if (args.Length > 0)
{
    builder.Configuration.AddJsonFile(Path.GetFullPath(args[0])).AddEnvironmentVariables();
    builder.Logging.AddConfiguration(builder.Configuration.GetSection("Logging"));
    builder.Logging.AddConsole();
}

SupervisorOptions options = builder.Configuration.GetSection("Supervisor").Get<SupervisorOptions>() ?? new SupervisorOptions();
bool isOnTerminal = !Console.IsOutputRedirected && !SystemdHelpers.IsSystemdService();
if (isOnTerminal)
{
    builder.Logging.ClearProviders();
    builder.Services.AddHostedService<LiveTable>();
}

builder.Services.AddSystemd();
builder.Services.AddSingleton(options);
builder.Services.AddSingleton<SupervisorMetrics>();
builder.Services.AddSingleton(static services => new ProgramSet(
    services.GetRequiredService<SupervisorOptions>(),
    services.GetRequiredService<SupervisorMetrics>(),
    services.GetRequiredService<ILoggerFactory>()));
builder.Services.AddHostedService<SupervisorService>();

// A stop takes the longest grace period and a little more for the kill.
builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.LongestGracePeriod + TimeSpan.FromSeconds(10));
await builder.Build().RunAsync();
