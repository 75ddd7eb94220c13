"""asyncio: ns from kill to known status, then threads with pending waits. Arguments: rounds, waits."""
import asyncio
import os
import sys
import time


async def main(rounds: int, waits: int) -> None:
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


asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
