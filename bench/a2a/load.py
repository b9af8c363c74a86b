"""Load: wrk on the other core, single calls over HTTP, and what /metrics and the disk count."""

import dataclasses
import http.client
import itertools
import json
import os
import pathlib
import re
import resource
import secrets
import statistics
import subprocess

from processes import HERE, LOAD_CORE, pinned, plain_environment

ECHO = "/a2a/default/echo"
CONNECTIONS = 64


@dataclasses.dataclass
class Sample:
    """One run of wrk. Times in microseconds."""
    rate: float
    p50: float
    p99: float
    requests: int
    failed: int
    cpu: float  # of the server, per request
    load_cpu: float  # share of its core that wrk used
    rss: int = 0
    seconds: float = 0
    extra: dict = dataclasses.field(default_factory=dict)


class Summary:
    """Several samples of one server: the median run by rate stands for it."""

    def __init__(self, samples):
        self.samples = samples
        ordered = sorted(samples, key=lambda sample: sample.rate)
        self.median = ordered[(len(ordered) - 1) // 2]
        self.best = ordered[-1]
        self.p50 = statistics.median(sample.p50 for sample in samples)
        self.p99 = statistics.median(sample.p99 for sample in samples)
        self.cpu = statistics.median(sample.cpu for sample in samples)
        self.failed = sum(sample.failed for sample in samples)
        self.requests = sum(sample.requests for sample in samples)


def wrk(server, path, script, arguments, seconds, connections=CONNECTIONS):
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s",
               "-s", str(HERE / script), f"http://127.0.0.1:{server.port}{path}", "--", *arguments]
    cpu = server.cpu()
    own = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(pinned(LOAD_CORE, command), capture_output=True, text=True, check=False,
                          env=plain_environment())
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = server.cpu() - cpu
    found = re.search(r"^RESULT (.*)$", done.stdout, re.M)
    if not found:
        raise RuntimeError(f"wrk failed: {done.stdout}{done.stderr}")
    result = {key: int(value) for key, value in
              (pair.split("=") for pair in found.group(1).split())}
    faults = ("connect", "read", "write", "timeout", "status", "wrong")
    failed = sum(result[key] for key in faults)
    if failed:
        print("   FAILED:", {key: result[key] for key in faults if result[key]},
              *re.findall(r"^EXAMPLE (.*)$", done.stdout, re.M), flush=True)
    took = result["duration_us"] / 1e6
    load_cpu = (spent.ru_utime + spent.ru_stime - own.ru_utime - own.ru_stime) / took
    requests = max(result["requests"], 1)
    return Sample(rate=result["requests"] / took, p50=result["p50_us"], p99=result["p99_us"],
                  requests=result["requests"], failed=failed, cpu=cpu / requests * 1e6,
                  load_cpu=load_cpu, rss=server.rss(), seconds=took)


def send_messages(server, path, version, seconds):
    """Unique messages; path is that of the agent."""
    return wrk(server, path, "message.lua", [version, secrets.token_hex(4)], seconds)


def metrics(server):
    """The counters of /metrics."""
    call = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    call.request("GET", "/metrics")
    text = call.getresponse().read().decode()
    call.close()
    pairs = (line.rsplit(" ", 1) for line in text.splitlines() if line and line[0] != "#")
    return {name: float(value) for name, value in pairs}


class Caller:
    """JSON-RPC calls on one connection."""

    def __init__(self, server):
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        self._ids = itertools.count(1)
        self._run = secrets.token_hex(4)

    def call(self, method, params, path=ECHO):
        body = json.dumps({"jsonrpc": "2.0", "id": next(self._ids), "method": method,
                           "params": params})
        self._connection.request("POST", path, body, {"Content-Type": "application/json",
                                                      "A2A-Version": "1.0"})
        answer = json.loads(self._connection.getresponse().read())
        if "result" not in answer:
            raise RuntimeError(f"{method}: {answer}")
        return answer["result"]

    def start_task(self, text):
        """The id of a task that goes on by itself."""
        message = {"messageId": f"{self._run}-{next(self._ids)}", "role": "ROLE_USER",
                   "parts": [{"text": text}]}
        params = {"message": message, "configuration": {"returnImmediately": True}}
        return self.call("SendMessage", params)["task"]["id"]

    def get(self, path):
        self._connection.request("GET", path)
        return json.loads(self._connection.getresponse().read())

    def close(self):
        self._connection.close()


def device_flushes(folder):
    """Cache flushes that the disk below the folder has completed; None if the kernel cannot say."""
    number = os.stat(folder).st_dev
    device = pathlib.Path(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}").resolve()
    if (device / "partition").exists():
        device = device.parent
    try:
        fields = (device / "stat").read_text().split()
    except OSError:
        return None
    return int(fields[15]) if len(fields) > 15 else None
