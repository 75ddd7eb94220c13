using QuickStart;

const string Usage = "Usage: QuickStart [--pid N]";

// dotnet run --project samples/QuickStart              the tour
// dotnet run --project samples/QuickStart -- --pid N   wait for a process of yours
return args switch
{
    [] => await Tour.RunAsync(),
    ["--pid", var id] => await AttachToPid.RunAsync(id),
    ["--help" or "-h"] => Screen.Help(Usage),
    _ => Screen.Fail(Usage),
};
