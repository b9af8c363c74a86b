"""Streams: what an idle subscriber costs, how fast an event reaches a thousand of them, and how
soon a stream begins."""

import dataclasses
import datetime
import json
import resource
import statistics
import subprocess
import time

from load import Caller
from processes import LOAD_CORE, Flotilla, pinned, plain_environment

HEARTBEAT_SECONDS = 15


@dataclasses.dataclass
class Idle:
    subscribers: int
    tasks: int
    text: int  # bytes in each task
    open_seconds: float
    bytes_each: float  # right after opening
    bytes_each_later: float  # after each has had a heartbeat, or the same
    heartbeats: int
    cut: int


@dataclasses.dataclass
class FanOut:
    """Times in milliseconds, over the events that all subscribers waited for."""
    subscribers: int
    events: int
    worst: float  # from the event's time to the last receipt
    median: float
    worst_spread: float  # from the first receipt to the last
    median_spread: float
    complete: bool


class Holders:
    """The load program with `count` subscriptions of the tasks; the streams are open when made."""

    def __init__(self, setup, server, count, tasks):
        self._child = subprocess.Popen(
            pinned(LOAD_CORE, [setup.work / "load" / "streams", "hold", server.port, count]),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=plain_environment())
        self._child.stdin.write("\n".join(tasks) + "\n\n")
        self._child.stdin.flush()
        if self._child.stdout.readline() != "ready\n":
            self._child.kill()
            raise RuntimeError("the load program could not open all streams")

    def report(self, stop):
        """Ends the streams, or waits until the server has."""
        if stop:
            self._child.stdin.close()
        text = self._child.stdout.read()
        if not stop:
            self._child.stdin.close()
        self._child.stdout.close()
        self._child.wait()
        return json.loads(text)


def allow_descriptors(count):
    """For this process and its children."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, max(hard, count)))


def measure_idle(setup, subscribers, tasks, heartbeat, text=""):
    allow_descriptors(subscribers + 1000)
    with Flotilla(setup) as server:
        caller = Caller(server)
        caller.start_task("delay=1ms warm up")
        time.sleep(0.5)
        before = server.rss()
        ids = [caller.start_task("wait " + text) for _ in range(tasks)]
        start = time.monotonic()
        holders = Holders(setup, server, subscribers, ids)
        opened = time.monotonic() - start
        time.sleep(1)
        at_once = server.rss()
        if heartbeat:
            time.sleep(max(HEARTBEAT_SECONDS + opened + 2 - (time.monotonic() - start), 0))
        later = server.rss()
        report = holders.report(stop=True)
        caller.close()
    idle = Idle(subscribers, tasks, len(text), opened, (at_once - before) / subscribers,
                (later - before) / subscribers, report["heartbeats"],
                report["ended"])
    print(f"   {subscribers:,} subscribers of {tasks:,} tasks{' with much text' if text else ''}: {idle.bytes_each / 1024:.2f} KiB "
          f"each, {idle.bytes_each_later / 1024:.2f} after {idle.heartbeats:,} heartbeats; "
          f"opened in {opened:.1f} s; {idle.cut} cut", flush=True)
    return idle


def event_times(caller, task):
    """Milliseconds since the epoch by seq, as the server stamped the events before the commit."""
    times = {}
    cursor = ""
    while True:
        page = caller.get(f"/api/v1/tasks/{task}/events?limit=100" +
                          (f"&after={cursor}" if cursor else ""))
        for event in page["items"]:
            at = datetime.datetime.fromisoformat(event["at"].replace("Z", "+00:00"))
            times[event["seq"]] = at.timestamp() * 1000
        cursor = page.get("nextCursor")
        if not cursor:
            return times


def measure_fan_out(setup, subscribers, events):
    allow_descriptors(subscribers + 1000)
    with Flotilla(setup) as server:
        caller = Caller(server)
        task = caller.start_task(f"chunks={events} delay=200ms size={events * 60} fan out")
        report = Holders(setup, server, subscribers, [task]).report(stop=False)
        caller.close()
        caller = Caller(server)
        stamped = event_times(caller, task)
        caller.close()
    live = [event for event in report["events"]
            if event["first_us"] > report["ready_us"] and event["id"] in stamped]
    delays = [event["last_us"] / 1000 - stamped[event["id"]] for event in live]
    spreads = [(event["last_us"] - event["first_us"]) / 1000 for event in live]
    complete = report["cut"] == 0 and all(event["count"] == subscribers for event in live)
    result = FanOut(subscribers, len(live), max(delays), statistics.median(delays), max(spreads),
                    statistics.median(spreads), complete)
    print(f"   {len(live)} events to {subscribers:,} subscribers: last receipt median "
          f"{result.median:.1f} ms, worst {result.worst:.1f} ms after the event's time; spread "
          f"median {result.median_spread:.1f}, worst {result.worst_spread:.1f} ms"
          f"{'' if complete else '; INCOMPLETE'}", flush=True)
    return result


def measure_first_event(setup, count):
    """Microseconds: connect_p50, connect_p99, send_p50, send_p99."""
    with Flotilla(setup) as server:
        command = [setup.work / "load" / "streams", "first", server.port, count]
        done = subprocess.run(pinned(LOAD_CORE, command), capture_output=True, text=True,
                              check=False, env=plain_environment())
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    times = json.loads(done.stdout)
    print(f"   first event of {count:,} streams: p50 {times['send_p50']:.0f} us, p99 "
          f"{times['send_p99']:.0f} us after the request; p50 {times['connect_p50']:.0f} us with "
          "connecting", flush=True)
    return times


def measure(setup, quick):
    print("-- streams", flush=True)
    subscribers = 2000 if quick else 10_000
    return {
        "idle": measure_idle(setup, subscribers, subscribers // 100, heartbeat=not quick),
        "idle_own": measure_idle(setup, subscribers, subscribers, heartbeat=False),
        "idle_large": measure_idle(setup, 1000, 1, heartbeat=False, text="x" * 65536),
        "fan_out": measure_fan_out(setup, 1000, 15 if quick else 30),
        "first": measure_first_event(setup, 500 if quick else 3000),
    }
