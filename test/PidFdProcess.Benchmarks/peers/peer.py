"""asyncio: ns from kill to known status, threads with pending waits, what it says of a non-child. Arguments: rounds, waits, PID."""
import asyncio
import os
import signal
import sys
import time
import warnings


def use_pidfds():
    """Python 3.12 deprecates the watchers. Python 3.14 has removed them, and asyncio uses pidfds by itself."""
    if sys.version_info < (3, 14):
        warnings.simplefilter("ignore", DeprecationWarning)
        asyncio.set_child_watcher(asyncio.PidfdChildWatcher())


async def await_non_child(process_id: int) -> str:
    if sys.version_info >= (3, 14):
        return "has no call for it"
    answer = asyncio.get_running_loop().create_future()
    asyncio.get_child_watcher().add_child_handler(process_id, lambda _, code: answer.set_result(code))
    os.kill(process_id, signal.SIGKILL)
    return f"the watcher sees the exit and says code {await answer}"


async def main(rounds: int, waits: int, non_child: int) -> None:
    samples = []
    for _ in range(rounds):
        process = await asyncio.create_subprocess_exec("/bin/sleep", "1000")
        wait = asyncio.ensure_future(process.wait())
        await asyncio.sleep(0.002)
        start = time.perf_counter_ns()
        process.kill()
        await wait
        samples.append(time.perf_counter_ns() - start)
    print(*samples)

    pending = [await asyncio.create_subprocess_exec("/bin/sleep", "1000") for _ in range(waits)]
    tasks = [asyncio.ensure_future(process.wait()) for process in pending]
    await asyncio.sleep(0.5)
    print(len(os.listdir("/proc/self/task")))
    for process in pending:
        process.kill()
    await asyncio.gather(*tasks)
    print(await await_non_child(non_child))


use_pidfds()
asyncio.run(main(*map(int, sys.argv[1:])))
