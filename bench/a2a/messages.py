"""message/send to an agent that echoes: Flotilla in memory and with its journal on disk, and the
official SDK's Express server with its store in memory."""

import os
import shutil
import sqlite3
import time

from load import ECHO, Sample, Summary, device_flushes, metrics, send_messages
from processes import Flotilla, Peer

MEMORY = "Flotilla, in memory"
DISK = "Flotilla, journal on disk"
PEER = "@a2a-js/sdk on Express, in memory"


def wait_until_idle(server):
    """Not longer than 3 s: what ended with the warm-up must not count."""
    deadline = time.monotonic() + 3
    last = server.cpu()
    while time.monotonic() < deadline:
        time.sleep(0.2)
        now = server.cpu()
        if now - last < 0.02:
            return
        last = now


def run_flotilla(setup, version, seconds, data=None):
    if data:
        shutil.rmtree(data, ignore_errors=True)
    with Flotilla(setup, data=data) as server:
        send_messages(server, ECHO, version, 1)
        wait_until_idle(server)
        before = metrics(server)
        flushes = device_flushes(setup.work)
        sample = send_messages(server, ECHO, version, seconds)
        after = metrics(server)
        counted = {name.removeprefix("flotilla_"): after[name] - before[name] for name in
                   ("flotilla_db_commits_total", "flotilla_db_steps_total",
                    "flotilla_events_total", "flotilla_tasks_created_total")}
        counted["tasks_held"] = after["flotilla_tasks_created_total"]
        if flushes is not None:
            counted["flushes"] = device_flushes(setup.work) - flushes
        sample.extra = counted
    if data:
        sample.extra["rows"] = rows_per_task(data / "flotilla.db")
    return sample


def run_peer(setup, version, seconds):
    with Peer(setup, legacy=version == "0.3") as server:
        warm = send_messages(server, "/", version, 3)  # Node compiles what is hot
        wait_until_idle(server)
        sample = send_messages(server, "/", version, seconds)
        sample.extra = {"tasks_held": warm.requests + sample.requests}
    return sample


def rows_per_task(path):
    """Rows in all tables for each task."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        tables = [name for (name,) in database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")]
        counts = {name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]
                  for name in tables}
    tasks = max(counts.get("tasks", counts.get("task", 0)), 1)
    return {name: count / tasks for name, count in counts.items() if count >= tasks / 2}


def fdatasync_us(folder, count=200):
    """Median of a write of 4 KiB and an fdatasync, with nothing else going on."""
    path = folder / "fdatasync"
    times = []
    with open(path, "wb", buffering=0) as file:
        file.write(bytes(4096 * count))
        os.fsync(file.fileno())
        file.seek(0)
        for _ in range(count):
            start = time.perf_counter()
            file.write(bytes(4096))
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - start)
    path.unlink()
    return sorted(times)[count // 2] * 1e6


def show(name, sample: Sample):
    print(f"   {name:<36} {sample.rate:>9,.0f} req/s  p50 {sample.p50 / 1000:7.2f} ms  "
          f"p99 {sample.p99 / 1000:7.2f} ms  {sample.cpu:6.1f} us CPU  "
          f"{sample.rss / 2**20:6.1f} MiB  load core {sample.load_cpu:4.0%}", flush=True)


def measure(setup, version, rounds, seconds, contenders=(MEMORY, PEER, DISK)):
    """Alternates the servers, each freshly started; a Summary for each by name."""
    data = setup.work / "journal"
    runs = {
        MEMORY: lambda: run_flotilla(setup, version, seconds),
        DISK: lambda: run_flotilla(setup, version, seconds, data),
        PEER: lambda: run_peer(setup, version, seconds),
    }
    samples = {name: [] for name in contenders}
    for number in range(rounds):
        print(f"-- message/send, A2A {version}, round {number + 1} of {rounds}", flush=True)
        for name in contenders:
            sample = runs[name]()
            show(name, sample)
            samples[name].append(sample)
    return {name: Summary(list_) for name, list_ in samples.items()}
