"""bench/RESULTS.md from the measured values."""

import dataclasses

import messages
import plain
import rpc

KIB = 1024
MIB = 2**20


@dataclasses.dataclass
class Goal:
    what: str
    goal: str
    reached: bool
    value: str
    miss: str = ""  # by how much, when not reached


def at_least(what, value, goal, unit="x"):
    miss = f"{(1 - value / goal) * 100:.0f} % short"
    return Goal(what, f">= {goal:g}{unit}", value >= goal, f"{value:.2f}{unit}", miss)


def at_most(what, value, goal, unit, strict=False):
    reached = value < goal if strict else value <= goal
    miss = f"{(value / goal - 1) * 100:.0f} % over"
    return Goal(what, f"{'<' if strict else '<='} {goal:g} {unit}", reached, f"{value:.2f} {unit}",
                miss)


def ratio(summaries, name, other):
    return summaries[name].median.rate / summaries[other].median.rate


def message_goals(found):
    memory, disk, peer = (found[name] for name in (messages.MEMORY, messages.DISK, messages.PEER))
    yield at_least("message/send in memory, req/s against Express (aim 15x)",
                   ratio(found, messages.MEMORY, messages.PEER), 10)
    yield Goal("message/send in memory, p99 below that of Express", f"< {peer.p99 / 1000:.2f} ms",
               memory.p99 < peer.p99, f"{memory.p99 / 1000:.2f} ms",
               f"{(memory.p99 / peer.p99 - 1) * 100:.0f} % over")
    yield at_least("message/send with the fsynced journal, req/s against Express in memory (aim 6x)",
                   ratio(found, messages.DISK, messages.PEER), 4)
    per_commit = requests_per_commit(disk.median)
    yield Goal("one fdatasync shared by many requests", "> 1 request a commit", per_commit > 1,
               f"{per_commit:.1f}")


def plain_goals(found):
    yield at_least("GET /health/live against nginx, static 200",
                   ratio(found, plain.HEALTH, plain.NGINX_GET), 0.85)
    yield at_least("small JSON POST against nginx, static 200",
                   ratio(found, plain.POST, plain.NGINX_POST), 0.85)


def grpc_goals(found):
    yield at_least("SendMessage over gRPC, req/s against JSON-RPC on the same core",
                   ratio(found, rpc.GRPC, rpc.JSONRPC), 0.5)


def stream_goals(found):
    idle, fan_out, first = found["idle"], found["fan_out"], found["first"]
    worst = max(idle.bytes_each, idle.bytes_each_later) / KIB
    yield at_most(f"{idle.subscribers:,} idle SSE subscribers, resident for each", worst, 12, "KiB")
    yield at_most(f"an event reaches {fan_out.subscribers:,} subscribers, worst of "
                  f"{fan_out.events} events", fan_out.worst, 50, "ms")
    yield at_most("first event of a stream, p50", first["send_p50"] / 1000, 1, "ms", strict=True)


def topic_goals(found):
    yield at_least(f"events published to {found.subscribers:,} subscribers, deliveries",
                   found.rate, 100_000, "/s")


def push_goals(found):
    yield at_least(f"push deliveries to {found.receivers - 1} webhooks beside a slow one",
                   found.rate, 10_000, "/s")


def start_goals(found):
    yield at_most("start to ready, fresh data directory", found["fresh"][0], 60, "ms", True)
    yield at_most("start to ready, existing data directory", found["existing"][0], 60, "ms", True)
    yield at_most("resident when idle", found["idle_rss"] / MIB, 25, "MiB", True)
    yield at_most("stripped release binary", found["binary"] / MIB, 25, "MiB", True)


def all_goals(found):
    goals = []
    for section, make in (("messages", message_goals), ("grpc", grpc_goals),
                          ("plain", plain_goals),
                          ("streams", stream_goals), ("topics", topic_goals), ("push", push_goals),
                          ("start", start_goals)):
        if section in found:
            goals += make(found[section])
    failed = sum(summary.failed for key in ("messages", "legacy", "grpc", "plain")
                 for summary in found.get(key, {}).values())
    sent = sum(summary.requests for key in ("messages", "legacy", "grpc", "plain")
               for summary in found.get(key, {}).values())
    if sent:
        goals.append(Goal("no failed request", "0", failed == 0, f"{failed:,} of {sent:,}"))
    return goals


def requests_per_commit(sample):
    return sample.requests / max(sample.extra["db_commits_total"], 1)


def goal_table(goals):
    yield "| Goal | Wanted | Measured | Reached |"
    yield "|---|---|---|---|"
    for goal in goals:
        verdict = "yes" if goal.reached else "**no**" + (f", {goal.miss}" if goal.miss else "")
        yield f"| {goal.what} | {goal.goal} | {goal.value} | {verdict} |"
    yield ""


def sample_table(summaries, base_of):
    """`base_of` gives the name of the server that a name is compared with."""
    yield ("| Server | req/s (median) | ratio | req/s (best) | ratio of the best | p50 ms | p99 ms | "
           "server CPU us/req | CPU ratio | load core busy | RSS after the run | requests | failed |")
    yield "|---|---|---|---|---|---|---|---|---|---|---|---|---|"
    for name, summary in summaries.items():
        middle = summary.median
        base = summaries[base_of(name)]
        yield (f"| {name} | {middle.rate:,.0f} | {middle.rate / base.median.rate:.2f}x | "
               f"{summary.best.rate:,.0f} | {summary.best.rate / base.best.rate:.2f}x | "
               f"{summary.p50 / 1000:.2f} | {summary.p99 / 1000:.2f} | {summary.cpu:.1f} | "
               f"{base.cpu / summary.cpu:.2f}x | {middle.load_cpu:.0%} | {memory_cell(middle)} | "
               f"{summary.requests:,} | {summary.failed:,} |")
    yield ""


def memory_cell(sample):
    held = sample.extra.get("tasks_held")
    return f"{sample.rss / MIB:.0f} MiB" + (f" with {held:,.0f} tasks" if held else "")


def message_part(found, version):
    yield f"## message/send, A2A {version}, 64 connections"
    yield ""
    yield from sample_table(found, lambda _: messages.PEER)


def journal_part(found):
    memory = found[messages.MEMORY].median
    sample = found[messages.DISK].median
    extra = sample.extra
    rows = ", ".join(f"{count:.2f} {name}" for name, count in extra["rows"].items())
    yield (f"Journal on disk: {extra['db_commits_total'] / sample.seconds:,.0f} commits/s, "
           f"{requests_per_commit(sample):.1f} requests a commit, "
           f"{extra['db_steps_total'] / max(sample.requests, 1):.2f} statements a request, which leave "
           f"{sum(extra['rows'].values()):.2f} rows ({rows}); "
           f"{extra['events_total'] / sample.seconds:,.0f} events/s."
           + (f" The disk completed {extra['flushes'] / sample.seconds:,.0f} cache flushes/s."
              if "flushes" in extra else ""))
    yield f"In memory: {requests_per_commit(memory):.1f} requests a commit."
    yield ""


def grpc_part(found):
    yield "## SendMessage over gRPC, in memory"
    yield ""
    yield from sample_table(found, lambda _: rpc.JSONRPC)


def plain_part(found):
    yield "## Plain requests, 64 connections"
    yield ""
    yield from sample_table(found, plain.base_of)
    yield ("The small JSON POST is GetTask with an id that no task can have, answered by "
           "TaskNotFound without a look into the database; the last line is the same with one.")
    yield ""


def stream_part(found):
    idle, own, fan, first = (found[name] for name in ("idle", "idle_own", "fan_out", "first"))
    yield "## Streams"
    yield ""
    yield "| | |"
    yield "|---|---|"
    for case in (idle, own, found["idle_large"]):
        later = (f"; {case.bytes_each_later / KIB:.2f} KiB after a heartbeat each"
                 if case.heartbeats >= case.subscribers else "")
        size = f" with {case.text / KIB:.0f} KiB of text each" if case.text else ""
        yield (f"| {case.subscribers:,} idle subscribers of {case.tasks:,} tasks{size} | "
               f"{case.bytes_each / KIB:.2f} KiB each, tasks included{later}; opened in "
               f"{case.open_seconds:.1f} s; {case.cut} cut |")
    yield (f"| {fan.events} events to {fan.subscribers:,} subscribers of one task | last receipt "
           f"median {fan.median:.1f} ms, worst {fan.worst:.1f} ms after the event's time (before its "
           f"commit); first to last receipt median {fan.median_spread:.1f} ms, worst "
           f"{fan.worst_spread:.1f} ms; {'all' if fan.complete else 'NOT all'} received |")
    yield (f"| first event of SendStreamingMessage | p50 {first['send_p50']:.0f} us, p99 "
           f"{first['send_p99']:.0f} us after the request; with connecting p50 "
           f"{first['connect_p50']:.0f} us, p99 {first['connect_p99']:.0f} us |")
    yield ""


def topic_part(found):
    yield "## Topics"
    yield ""
    yield "| | |"
    yield "|---|---|"
    yield (f"| {found.events:,} events to {found.subscribers:,} subscribers of one pattern | "
           f"{found.rate:,.0f} deliveries/s, {found.cpu:.1f} us of the server each; published at "
           f"{found.publish_rate:,.0f}/s; {found.wrong} out of order |")
    yield ""


def push_part(found):
    yield "## Push notifications"
    yield ""
    yield "| | |"
    yield "|---|---|"
    yield (f"| {found.deliveries:,} deliveries to {found.receivers - 1} webhooks beside one that "
           f"takes 500 ms for each | {found.rate:,.0f}/s with their tasks, {found.cpu:.1f} us of the "
           f"server each; {found.slow} to the slow one meanwhile; {found.wrong} out of order |")
    yield ""


def start_part(found):
    yield "## Start, default threads"
    yield ""
    yield "| | |"
    yield "|---|---|"
    yield (f"| exec to the ready line, median of {found['count']} | fresh directory "
           f"{found['fresh'][0]:.1f} ms (worst {found['fresh'][1]:.1f}), existing one of "
           f"{found['existing_bytes'] / MIB:.0f} MiB {found['existing'][0]:.1f} ms (worst "
           f"{found['existing'][1]:.1f}) |")
    yield f"| resident when idle | {found['idle_rss'] / MIB:.1f} MiB |"
    yield f"| stripped binary | {found['binary'] / MIB:.1f} MiB |"
    yield ""


METHOD = """\
Server on core 0 (all its threads, `--threads 1`), wrk with one thread on core 1, both on this
machine over 127.0.0.1; every id and text in message/send is new and every answer is checked. The
servers alternate; each run of message/send has a fresh server, warmed up (Express 3 s, Flotilla
1 s). The median run by req/s stands for a server; latencies and CPU are medians over the runs.
CPU of a request, all threads and the kernel's part, is the steadiest figure: when other programs
load the machine, req/s suffers first. Figures compare only inside one run.
"""


def text(machine, others, found):
    """`others` is the share of the machine that other programs used meanwhile."""
    goals = all_goals(found)
    lines = ["# Results of `./dev bench a2a`", "", "| | |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in machine]
    lines.append(f"| Other programs | used {others:.0%} of all cores meanwhile"
                 + (": **not a quiet machine**, figures are too low and uneven |" if others > 0.05
                    else " |"))
    lines += ["", METHOD, "## Goals", ""]
    lines += goal_table(goals)
    if "messages" in found:
        lines += message_part(found["messages"], "1.0")
        lines += journal_part(found["messages"])
    if "legacy" in found:
        lines += message_part(found["legacy"], "0.3")
    if "grpc" in found:
        lines += grpc_part(found["grpc"])
    if "plain" in found:
        lines += plain_part(found["plain"])
    if "streams" in found:
        lines += stream_part(found["streams"])
    if "topics" in found:
        lines += topic_part(found["topics"])
    if "push" in found:
        lines += push_part(found["push"])
    if "start" in found:
        lines += start_part(found["start"])
    missed = sum(not goal.reached for goal in goals)
    lines.append(f"{len(goals) - missed} goals reached, {missed} missed.")
    return "\n".join(lines) + "\n"
