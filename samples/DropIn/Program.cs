using DropIn;

// dotnet run --project samples/DropIn                               without the property
// dotnet run --project samples/DropIn -p:PidFdProcessDropIn=true    with it
string folder = Directory.CreateTempSubdirectory("dropin-").FullName;
try
{
    Console.WriteLine($"The stranger that got the service's PID {Stage.Play(Path.Combine(folder, "service.pid"))}.");
    return 0;
}
catch (Exception e) when (e is UnauthorizedAccessException or IOException)
{
    Console.WriteLine($"Not shown: needs root, because only root may force a PID to be reused ({e.Message}).");
    return 1;
}
finally
{
    Directory.Delete(folder, recursive: true);
}
