"""SendMessage over gRPC beside the same over JSON-RPC, to one server on one core."""

import json
import resource
import subprocess
import time

import messages
from load import ECHO, Sample, Summary, send_messages
from processes import LOAD_CORE, Flotilla, pinned, plain_environment

GRPC = "gRPC, 8 connections with 8 calls each"
JSONRPC = "JSON-RPC, 64 connections"


def send_grpc(setup, server, seconds):
    command = [setup.work / "load" / "rpc", server.grpc_port, seconds, 8, 8]
    cpu = server.cpu()
    own = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.monotonic()
    done = subprocess.run(pinned(LOAD_CORE, command), capture_output=True, text=True, check=False,
                          env=plain_environment())
    took = time.monotonic() - begin
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    found = json.loads(done.stdout)
    load = spent.ru_utime + spent.ru_stime - own.ru_utime - own.ru_stime
    return Sample(rate=found["requests"] / found["seconds"], p50=found["p50"], p99=found["p99"],
                  requests=found["requests"], failed=found["failed"],
                  cpu=(server.cpu() - cpu) / max(found["requests"], 1) * 1e6,
                  load_cpu=load / took, rss=server.rss(), seconds=found["seconds"])


def run(setup, binding, seconds):
    with Flotilla(setup, flags=("--grpc-listen", "127.0.0.1:0")) as server:
        if binding == GRPC:
            send_grpc(setup, server, 1)
            messages.wait_until_idle(server)
            return send_grpc(setup, server, seconds)
        send_messages(server, ECHO, "1.0", 1)
        messages.wait_until_idle(server)
        return send_messages(server, ECHO, "1.0", seconds)


def measure(setup, quick):
    samples = {JSONRPC: [], GRPC: []}
    rounds = 1 if quick else 3
    for number in range(rounds):
        print(f"-- SendMessage over JSON-RPC and gRPC, round {number + 1} of {rounds}", flush=True)
        for binding, found in samples.items():
            sample = run(setup, binding, 3)
            messages.show(binding, sample)
            found.append(sample)
    return {name: Summary(list_) for name, list_ in samples.items()}
