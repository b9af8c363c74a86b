"""Start to ready, memory at rest, size of the program."""

import pathlib
import shutil
import statistics
import subprocess
import time

from processes import Flotilla


def start_ms(setup, data, count, fresh):
    times = []
    for _ in range(count):
        if fresh:
            shutil.rmtree(data, ignore_errors=True)
        with Flotilla(setup, data=data, threads=None, core=None) as server:
            times.append(server.start_seconds * 1000)
    return statistics.median(times), max(times)


def measure(setup, count):
    """`existing` is the directory that the journal's runs left, with all their tasks."""
    print("-- start", flush=True)
    fresh = setup.work / "fresh"
    existing = setup.work / "journal"
    result = {"count": count, "fresh": start_ms(setup, fresh, count, fresh=True)}
    if not existing.exists():
        existing = fresh
    result["existing"] = start_ms(setup, existing, count, fresh=False)
    result["existing_bytes"] = sum(file.stat().st_size for file in existing.iterdir())
    shutil.rmtree(fresh)
    with Flotilla(setup, data=fresh, threads=None, core=None) as server:
        time.sleep(1)
        result["idle_rss"] = server.rss()
    shutil.rmtree(fresh)
    result["binary"] = stripped_size(setup)
    print(f"   ready after {result['fresh'][0]:.1f} ms (fresh), {result['existing'][0]:.1f} ms "
          f"(existing, {result['existing_bytes'] / 2**20:.0f} MiB); idle "
          f"{result['idle_rss'] / 2**20:.1f} MiB; stripped {result['binary'] / 2**20:.1f} MiB",
          flush=True)
    return result


def stripped_size(setup):
    copy = pathlib.Path(setup.work) / "stripped"
    subprocess.run(["strip", "-o", str(copy), str(setup.binary)], check=True)
    size = copy.stat().st_size
    copy.unlink()
    return size
