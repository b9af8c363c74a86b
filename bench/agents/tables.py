"""bench/RESULTS-agents.md from the measured values."""

from report import MIB, at_most, goal_table


def loop_goals(found):
    disk, memory = found.step["disk"], found.step["memory"]
    yield at_most("a step (model call and tool call) beyond its commits, p50",
                  max(disk["overhead_us"], memory["overhead_us"]), 300, "us", True)
    yield at_most("commits of a step", disk["commits_per_step"], 2, "")
    yield at_most("first token to a subscriber, 64 runs at once, in memory, p50",
                  found.tokens["memory"]["first_p50_us"] / 1000, 1, "ms", True)
    yield at_most("later tokens, the slowest", found.tokens["disk"]["later_max_us"] / 1000, 60, "ms",
                  True)


def declared_goals(found):
    yield at_most(f"{found.agents:,} declared agents loaded and ready", found.seconds, 2, "s", True)
    yield at_most(f"{found.agents:,} declared agents, resident memory of the server",
                  found.rss / MIB, 150, "MiB", True)


def apply_goals(found):
    yield at_most("apply of an agent to its first answer", found.median * 1000, 100, "ms", True)


def loop_text(found):
    yield "## The loop, in one process"
    yield ""
    yield ("| | step us (p50) | commits of a step | a commit us | beyond commits us | first "
           "token us (p50) | first token us (p99) | later tokens us (p50) | later tokens us (max) |")
    yield "|---|---|---|---|---|---|---|---|---|"
    for name in ("memory", "disk"):
        step, tokens = found.step[name], found.tokens[name]
        yield (f"| {name} | {step['step_us']:.0f} | {step['commits_per_step']:.2f} | "
               f"{step['commit_us']:.0f} | {step['overhead_us']:.0f} | "
               f"{tokens['first_p50_us']:.0f} | {tokens['first_p99_us']:.0f} | "
               f"{tokens['later_p50_us']:.0f} | {tokens['later_max_us']:.0f} |")
    yield ""
    yield ("A step is a model call and a call of a tool that may not be repeated, both inside the "
           "process. Tokens come every 9 ms to each of 64 runs; those after the first are sent "
           "together, every 50 ms. A token is stored before anybody sees it, so the first one "
           "waits for a commit.")
    yield ""
    yield from turns_text(found.turns)


def turns_text(turns):
    yield "## A long session"
    yield ""
    yield ("| turns so far | our turn us | we store bytes | kagent's way: bytes read back and "
           "posted again |")
    yield "|---|---|---|---|"
    first = next(iter(turns.values()))
    yield f"| 1 to 10 | {first['early_us']:.0f} | {first['early_bytes']:,.0f} | {reposted(first, 5):,.0f} |"
    for count, one in turns.items():
        yield (f"| {count} | {one['late_us']:.0f} | {one['late_bytes']:,.0f} | "
               f"{reposted(one, count):,.0f} |")
    yield ""
    yield ("Ours is measured, with the reading of the history for the prompt in it. kagent's is "
           "computed: before each turn its agent gets all events of the session from the controller, "
           "and it posts the whole task, whose history holds all of them, again with each of its "
           "events (three here: submitted, working, completed).")
    yield ""


def reposted(one, turns):
    """Bytes of one turn in kagent's way after so many: one read and three posts of it all."""
    return one["early_bytes"] * turns * 4


def text(described, others, found):
    goals = []
    for section, make in (("loop", loop_goals), ("declared", declared_goals),
                          ("apply", apply_goals)):
        if section in found:
            goals += make(found[section])
    lines = ["# Declarative agents", "", "Made by `./dev bench agents`, with a scripted model.", "",
             "| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in described), "",
             f"Other programs used {others:.0%} of the machine meanwhile.", "", *goal_table(goals)]
    if "loop" in found:
        lines += loop_text(found["loop"])
    if "declared" in found:
        one = found["declared"]
        lines += ["## Many agents", "",
                  f"{one.agents:,} agents: the server serves with all of them {one.seconds:.2f} s "
                  f"after its start ({one.bare_seconds:.2f} s without any) and holds "
                  f"{one.rss / MIB:.0f} MiB ({one.bare_rss / MIB:.0f} MiB without any). Applied for "
                  f"the first time, by requests with YAML of 250, they are ready after "
                  f"{one.applied_seconds:.1f} s.", ""]
    if "runs" in found:
        one = found["runs"]
        lines += ["## Many runs", "",
                  f"{one.runs:,} runs, {one.at_once:,} of them at once, each waiting 15 seconds "
                  f"for its model: all ended after {one.seconds:.1f} s; resident memory grew by "
                  f"{one.growth / MIB:.1f} MiB, {one.growth / one.runs / 1024:.0f} KiB a run.", ""]
    if "apply" in found:
        one = found["apply"]
        lines += ["## A new agent", "",
                  f"From the request that applies its YAML to its first answer: "
                  f"{one.median * 1000:.1f} ms (median), {one.worst * 1000:.1f} ms (worst).", ""]
    return "\n".join(lines)
