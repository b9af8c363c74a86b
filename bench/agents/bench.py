"""Measures declarative agents with a scripted model and writes bench/RESULTS-agents.md."""

import argparse
import dataclasses
import datetime
import os
import pathlib
import platform
import sys
import time

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "a2a")]

import declared  # noqa: E402
import loop  # noqa: E402
import machine  # noqa: E402
import messages  # noqa: E402
import tables  # noqa: E402

SECTIONS = ("loop", "declared", "runs", "apply")


@dataclasses.dataclass
class Setup:
    binary: pathlib.Path
    work: pathlib.Path
    root: pathlib.Path


def arguments():
    parser = argparse.ArgumentParser(prog="./dev bench agents", description=__doc__)
    parser.add_argument("--binary", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--work", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--only", metavar="SECTION", action="append", choices=SECTIONS,
                        help="one of " + ", ".join(SECTIONS) + "; may be given again")
    return parser.parse_args()


def describe(setup):
    """Pairs of a name and a text."""
    cpu = machine.first_line(r"model name\s*: (.*)", machine.read("/proc/cpuinfo"))
    memory = int(machine.first_line(r"MemTotal:\s+(\d+)", machine.read("/proc/meminfo"), "0"))
    filesystem = machine.output("findmnt", "-n", "-o", "FSTYPE", "-T", str(setup.work))
    return [
        ("Date", datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")),
        ("Commit", machine.commit(setup.root)),
        ("CPU", f"{cpu}, {os.cpu_count()} cores"),
        ("Memory", f"{memory / 2**20:.0f} GiB"),
        ("Kernel", f"{platform.system()} {platform.release()}"),
        ("Disk", f"{filesystem}, one 4 KiB write with fdatasync "
                 f"{messages.fdatasync_us(setup.work):.0f} us"),
    ]


def main():
    options = arguments()
    root = HERE.parent.parent
    setup = Setup(options.binary.resolve(), options.work.resolve(), root)
    begin = time.monotonic()
    watch = machine.Watch()
    described = describe(setup)
    measures = {"loop": loop.measure, "declared": declared.measure, "runs": declared.measure_runs,
                "apply": declared.measure_apply}
    found = {name: measures[name](setup) for name in options.only or SECTIONS}
    text = tables.text(described, watch.others(), found)
    if options.only:
        print("\n" + text + "\nNot written to bench/RESULTS-agents.md: that is for whole runs.")
    else:
        (root / "bench" / "RESULTS-agents.md").write_text(text)
        print("\n" + text + "\nWritten to bench/RESULTS-agents.md")
    print(f"Took {time.monotonic() - begin:.0f} s")


if __name__ == "__main__":
    main()
