using QuickStart;

// dotnet run --project samples/QuickStart              the tour
// dotnet run --project samples/QuickStart -- --pid N   wait for a process of yours
return args switch
{
    [] => await Tour.RunAsync(),
    ["--pid", var id] => await AttachToPid.RunAsync(id),
    _ => Screen.Fail("Usage: QuickStart [--pid N]"),
};
