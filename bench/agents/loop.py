"""The loop inside a process: src/agents/declarative/loop_bench.cc."""

import dataclasses
import json
import subprocess

from processes import SERVER_CORE, pinned, plain_environment


@dataclasses.dataclass
class Loop:
    step: dict  # file or memory -> counters
    tokens: dict
    turns: dict  # number of turns -> counters


def measure(setup):
    program = setup.binary.parent / "agents_bench"
    command = pinned(SERVER_CORE, [program, "--benchmark_format=json",
                                   "--benchmark_filter=^(step|tokens|turns)"])
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=setup.work,
                          env=plain_environment())
    found = Loop({}, {}, {})
    for one in json.loads(done.stdout)["benchmarks"]:
        if one.get("error_occurred"):
            raise RuntimeError(f"{one['name']}: {one['error_message']}")
        name, *parts = one["name"].split("/")
        values = dict(part.split(":") for part in parts if ":" in part)
        if name == "turns":
            found.turns[int(values["turns"])] = one
        else:
            getattr(found, name)["disk" if values["file"] == "1" else "memory"] = one
    return found
