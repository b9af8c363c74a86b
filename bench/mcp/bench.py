"""Measures Flotilla's MCP server and gateway beside the official SDKs' servers and writes
bench/RESULTS-mcp.md."""

import argparse
import dataclasses
import pathlib
import sys
import time

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "a2a")]

import calls  # noqa: E402
import gateway  # noqa: E402
import machine  # noqa: E402
import messages  # noqa: E402
import tables  # noqa: E402

SECTIONS = ("calls", "gateway", "many")


@dataclasses.dataclass
class Setup:
    binary: pathlib.Path
    work: pathlib.Path
    root: pathlib.Path


def arguments():
    parser = argparse.ArgumentParser(prog="./dev bench mcp", description=__doc__)
    parser.add_argument("--binary", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--work", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true", help="one short round of each")
    parser.add_argument("--only", metavar="SECTION", action="append", choices=SECTIONS,
                        help="one of " + ", ".join(SECTIONS) + "; may be given again")
    return parser.parse_args()


def main():
    options = arguments()
    root = HERE.parent.parent
    setup = Setup(options.binary.resolve(), options.work.resolve(), root)
    begin = time.monotonic()
    watch = machine.Watch()
    described = machine.describe(setup, messages.fdatasync_us(setup.work))
    sections = options.only or SECTIONS
    found = {}
    if "calls" in sections:
        found["calls"] = calls.measure(setup, 1 if options.quick else 3, 2 if options.quick else 5)
    if "gateway" in sections:
        found["gateway"] = gateway.measure(setup, 2 if options.quick else 8)
    if "many" in sections:
        found["many"] = gateway.measure_many(setup)
    text = tables.text(described, watch.others(), found)
    if options.only or options.quick:
        print("\n" + text + "\nNot written to bench/RESULTS-mcp.md: that is for whole runs.")
    else:
        (root / "bench" / "RESULTS-mcp.md").write_text(text)
        print("\n" + text + "\nWritten to bench/RESULTS-mcp.md")
    print(f"Took {time.monotonic() - begin:.0f} s")


if __name__ == "__main__":
    main()
