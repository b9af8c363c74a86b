"""bench/RESULTS-mcp.md from the measured values."""

import calls
from report import MIB, Goal, at_least, at_most, goal_table, ratio, sample_table


def call_goals(found):
    best = max((calls.LEGACY, calls.MODERN), key=lambda name: found[name].median.rate)
    yield at_least("tools/call, calls/s against the TypeScript SDK's server, same revision",
                   ratio(found, calls.LEGACY, calls.TYPESCRIPT), 10)
    if calls.GO in found:
        yield at_least("tools/call, calls/s against the Go SDK's server, same revision",
                       ratio(found, calls.LEGACY, calls.GO), 1.5)
    else:
        yield Goal("tools/call against a Go or Rust SDK's server", ">= 1.5x", False,
                   "NOT MEASURED: no toolchain here")
    failed = sum(summary.failed for summary in found.values())
    yield Goal(f"no failed call (best of ours: {best})", "0", failed == 0, f"{failed:,}")


def gateway_goals(found):
    yield at_most("added by the gateway at half of saturation, p50",
                  found.through[0] - found.direct[0], 150, "us", True)
    yield at_most("added by the gateway at half of saturation, p99",
                  (found.through[1] - found.direct[1]) / 1000, 1, "ms", True)


def many_goals(found):
    yield at_most(f"{found.tools:,} tools of {found.servers} servers, listed (all {found.pages} pages)",
                  found.seconds * 1000, 50, "ms", True)
    yield at_most(f"{found.tools:,} tools, growth of resident memory", found.growth / MIB, 40, "MiB",
                  True)


def text(described, others, found):
    goals = []
    for section, make in (("calls", call_goals), ("gateway", gateway_goals), ("many", many_goals)):
        if section in found:
            goals += make(found[section])
    lines = ["# MCP", "", "Made by `./dev bench mcp`.", "", "| | |", "|---|---|",
             *(f"| {name} | {value} |" for name, value in described),
             "", f"Other programs used {others:.0%} of the machine meanwhile.", "",
             *goal_table(goals)]
    if "calls" in found:
        lines += ["## tools/call of a trivial tool, 64 connections, one core", "",
                  *sample_table(found["calls"], lambda _: calls.TYPESCRIPT),
                  "All answer plain JSON. The peers keep sessions, as their SDKs do by default.", ""]
    if "gateway" in found:
        one = found["gateway"]
        lines += ["## Through the gateway", "",
                  f"Saturated at {one.saturation:,.0f} calls/s; measured at {one.rate:,.0f}. Direct "
                  f"p50 {one.direct[0]:.0f} us, p99 {one.direct[1]:.0f} us; through the gateway p50 "
                  f"{one.through[0]:.0f} us, p99 {one.through[1]:.0f} us; {one.failed} failed. The "
                  "upstream (a Flotilla, which answers at once) shares a core with the load.", ""]
    if "many" in found:
        one = found["many"]
        lines += ["## Many tools", "",
                  f"{one.tools:,} tools of {one.servers} servers in {one.pages} pages, "
                  f"{one.bytes / MIB:.1f} MiB: {one.seconds * 1000:.0f} ms for all, "
                  f"{one.page_seconds * 1000:.0f} ms for the slowest; memory grew by "
                  f"{one.growth / MIB:.1f} MiB.", ""]
    return "\n".join(lines)
