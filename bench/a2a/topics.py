"""Topics: how fast published events reach a thousand subscribers."""

import dataclasses
import json
import subprocess

from processes import LOAD_CORE, Flotilla, pinned, plain_environment
from streams import allow_descriptors

PUBLISHERS = 16


@dataclasses.dataclass
class Delivery:
    subscribers: int
    events: int
    rate: float  # deliveries a second, from the first publication to the last receipt
    publish_rate: float
    cpu: float  # of the server, microseconds for each delivery
    wrong: int


def measure_once(setup, subscribers, events):
    allow_descriptors(subscribers + 1000)
    with Flotilla(setup) as server:
        before = server.cpu()
        command = [setup.work / "load" / "topics", server.port, subscribers, events, PUBLISHERS]
        done = subprocess.run(pinned(LOAD_CORE, command), capture_output=True, text=True,
                              check=False, env=plain_environment())
        cpu = server.cpu() - before
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    found = json.loads(done.stdout)
    return Delivery(subscribers, events, found["deliveries"] / found["seconds"],
                    events / found["publish_seconds"], cpu / found["deliveries"] * 1e6,
                    found["wrong"])


def measure(setup, quick):
    print("-- topics", flush=True)
    runs = [measure_once(setup, 1000, 500 if quick else 1000) for _ in range(1 if quick else 3)]
    result = sorted(runs, key=lambda run: run.rate)[(len(runs) - 1) // 2]
    print(f"   {result.events:,} events to {result.subscribers:,} subscribers: "
          f"{result.rate:,.0f} deliveries/s, {result.cpu:.1f} us of the server each, published at "
          f"{result.publish_rate:,.0f}/s; {result.wrong} wrong", flush=True)
    return result
