"""Where the server's time goes while it answers message/send: perf, by self time."""

import shutil
import subprocess
import time

from load import ECHO, send_messages
from messages import show
from processes import Flotilla, pinned

SECONDS = 6


def record(setup, name, data=None):
    out = setup.work / f"perf-{name}.data"
    if data:
        shutil.rmtree(data, ignore_errors=True)
    with Flotilla(setup, data=data) as server:
        send_messages(server, ECHO, "1.0", 1)
        perf = subprocess.Popen(
            ["perf", "record", "-q", "-F", "1999", "-e", "cpu-clock", "-o",
             str(out), "-p", str(server.pid), "--", "sleep", str(SECONDS)],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        time.sleep(0.3)
        sample = send_messages(server, ECHO, "1.0", SECONDS)
        _, errors = perf.communicate(timeout=60)
    if perf.returncode != 0:
        raise RuntimeError("perf is not permitted here: " + errors.decode())
    print(f"== message/send, {name}")
    show("with perf attached", sample)
    for title, keys, count in (("threads", "comm", 5), ("libraries", "dso", 8),
                               ("symbols", "sym", 25)):
        print(f"-- {title} by self time")
        report(out, keys, count)
    print(f"-- more: perf report -i {out}")


def report(out, keys, count):
    done = subprocess.run(
        ["perf", "report", "-i", str(out), "--stdio", "--no-children", "--sort", keys,
         "-w", "0", "--percent-limit", "0.2"], capture_output=True, text=True, check=False)
    lines = [line.rstrip() for line in done.stdout.splitlines() if line and line[0] != "#"]
    print("\n".join(line[:150] for line in lines[:count]), flush=True)


def run(setup):
    if not shutil.which("perf"):
        raise RuntimeError("needs perf: apt-get install linux-perf")
    record(setup, "memory")
    record(setup, "journal", setup.work / "profile-data")
    shutil.rmtree(setup.work / "profile-data", ignore_errors=True)
