using System.Diagnostics;
using System.Runtime;
using PidFdProcess;

if (args is ["stock", ..])
{
    await RunStock();
}
else
{
    await RunPidFd();
}

if (args is [_, "count"])
{
    Console.WriteLine(JitInfo.GetCompiledMethodCount());
}

static async Task RunStock()
{
    using Process exiting = Process.Start("/bin/true");
    await exiting.WaitForExitAsync();
    using Process sleeping = Process.Start("/bin/sleep", "1000");
    sleeping.Kill();
    await sleeping.WaitForExitAsync();
}

static async Task RunPidFd()
{
    using Process exiting = Process.Start("/bin/true");
    await exiting.WaitForExitPidFdAsync();
    using Process sleeping = Process.Start("/bin/sleep", "1000");
    sleeping.KillViaPidFd();
    await sleeping.WaitForExitPidFdAsync();
}
