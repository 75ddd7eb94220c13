using System.Diagnostics;
using System.Runtime;
using PidFdProcess;

// One asynchronous method for both, because each makes the runtime compile a dozen methods of its own.
using Process exiting = Process.Start("/bin/true");
if (args is ["stock", ..])
{
    await exiting.WaitForExitAsync();
    using Process sleeping = Process.Start("/bin/sleep", "1000");
    sleeping.Kill();
    await sleeping.WaitForExitAsync();
}
else
{
    await exiting.WaitForExitPidFdAsync();
    using Process sleeping = Process.Start("/bin/sleep", "1000");
    sleeping.KillViaPidFd();
    await sleeping.WaitForExitPidFdAsync();
}

if (args is [_, "count"])
{
    Console.WriteLine(JitInfo.GetCompiledMethodCount());
}
