"""Measures Flotilla's A2A server side by side with its peers and writes bench/RESULTS.md."""

import argparse
import dataclasses
import os
import pathlib
import shutil
import signal
import sys
import time

sys.dont_write_bytecode = True

import machine  # noqa: E402
import messages  # noqa: E402
import plain  # noqa: E402
import profile  # noqa: E402
import push  # noqa: E402
import report  # noqa: E402
import rpc  # noqa: E402
import start  # noqa: E402
import streams  # noqa: E402
import topics  # noqa: E402

SECTIONS = ("messages", "legacy", "grpc", "plain", "streams", "topics", "push", "start")


@dataclasses.dataclass
class Setup:
    binary: pathlib.Path
    work: pathlib.Path
    root: pathlib.Path


def arguments():
    parser = argparse.ArgumentParser(prog="./dev bench a2a", description=__doc__)
    parser.add_argument("--binary", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--work", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true", help="one short round of each")
    parser.add_argument("--only", metavar="SECTION", action="append", choices=SECTIONS,
                        help="one of " + ", ".join(SECTIONS) + "; may be given again")
    parser.add_argument("--profile", action="store_true",
                        help="print where the server's time goes in message/send instead")
    return parser.parse_args()


def measure(setup, sections, quick):
    rounds = 1 if quick else 3
    found = {}
    if "messages" in sections:
        found["messages"] = messages.measure(setup, "1.0", rounds, 3 if quick else 5)
    if "legacy" in sections:
        found["legacy"] = messages.measure(setup, "0.3", rounds, 3,
                                           (messages.MEMORY, messages.PEER))
    if "grpc" in sections:
        found["grpc"] = rpc.measure(setup, quick)
    if "plain" in sections:
        found["plain"] = plain.measure(setup, rounds, 1 if quick else 3)
    if "streams" in sections:
        found["streams"] = streams.measure(setup, quick)
    if "topics" in sections:
        found["topics"] = topics.measure(setup, quick)
    if "push" in sections:
        found["push"] = push.measure(setup, quick)
    if "start" in sections:
        found["start"] = start.measure(setup, 5 if quick else 20)
    return found


def main():
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that servers are ended
    root = pathlib.Path(__file__).resolve().parent.parent.parent
    setup = Setup(options.binary.resolve(), options.work.resolve(), root)
    if os.cpu_count() < 2:
        sys.exit("bench: needs two cores, one for the server and one for the load")
    if options.profile:
        profile.run(setup)
        return
    begin = time.monotonic()
    watch = machine.Watch()
    described = machine.describe(setup, messages.fdatasync_us(setup.work))
    try:
        found = measure(setup, options.only or SECTIONS, options.quick)
    finally:
        shutil.rmtree(setup.work / "journal", ignore_errors=True)
    text = report.text(described, watch.others(), found)
    if options.only or options.quick:
        print("\n" + text + "\nNot written to bench/RESULTS.md: that is for whole runs.")
    else:
        (root / "bench" / "RESULTS.md").write_text(text)
        print("\n" + text + "\nWritten to bench/RESULTS.md")
    print(f"Took {time.monotonic() - begin:.0f} s")


if __name__ == "__main__":
    main()
