"""Push notifications: a hundred webhooks, one of them slow, told every event of their tasks."""

import dataclasses
import json
import subprocess

from processes import LOAD_CORE, Flotilla, pinned, plain_environment

SLOW_MS = 500


@dataclasses.dataclass
class Delivery:
    receivers: int
    deliveries: int  # to all but the slow one
    rate: float
    cpu: float  # of the server, microseconds for each delivery, its task's part included
    slow: int  # what the slow one got meanwhile
    wrong: int


def measure_once(setup, receivers, chunks):
    flags = ("--egress-allow", "127.0.0.1/32")
    with Flotilla(setup, flags=flags) as server:
        before = server.cpu()
        command = [setup.work / "load" / "push", server.port, receivers, chunks, SLOW_MS]
        done = subprocess.run(pinned(LOAD_CORE, command), capture_output=True, text=True,
                              check=False, env=plain_environment())
        cpu = server.cpu() - before
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    found = json.loads(done.stdout)
    return Delivery(receivers, found["deliveries"], found["deliveries"] / found["seconds"],
                    cpu / found["deliveries"] * 1e6, found["slow"], found["wrong"])


def measure(setup, quick):
    print("-- push", flush=True)
    runs = [measure_once(setup, 100, 300 if quick else 1000) for _ in range(1 if quick else 3)]
    result = sorted(runs, key=lambda run: run.rate)[(len(runs) - 1) // 2]
    print(f"   {result.deliveries:,} deliveries to {result.receivers - 1} webhooks beside a slow one: "
          f"{result.rate:,.0f}/s, {result.cpu:.1f} us of the server each; the slow one got "
          f"{result.slow}; {result.wrong} out of order", flush=True)
    return result
