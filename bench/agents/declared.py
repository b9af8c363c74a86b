"""Agents that resources declare, in a server of their own: how fast many are ready, what many runs
at once need, how soon a new one answers."""

import concurrent.futures
import dataclasses
import http.client
import json
import shutil
import statistics
import time

from processes import Flotilla

AGENTS = 10_000
AT_ONCE = 250  # in one request
RUNS = 1_000
SENDERS = 8

MODEL = """apiVersion: flotilla.dev/v1
kind: ModelConfig
metadata: {name: default}
spec:
  provider: scripted
  model: script
  script: {inline: {answers: [{text: "Hello, I am here.", wait: %s}]}}
"""
AGENT = """---
apiVersion: flotilla.dev/v1
kind: Agent
metadata: {name: %s}
spec:
  description: Answers questions about subject %s.
  skills: [{id: answer, name: Answer, description: Answers questions., tags: [help]}]
  declarative: {systemMessage: "You answer questions about one subject, in short."}
"""


class NotFound(RuntimeError):
    pass


class Api:
    """One connection to a server."""

    def __init__(self, port):
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)

    def call(self, method, path, body=None, kind="application/json"):
        text = body if isinstance(body, (str, type(None))) else json.dumps(body)
        headers = {"Content-Type": kind, "A2A-Version": "1.0"} if text else {}
        self._connection.request(method, path, text, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status == 404:
            raise NotFound(f"{method} {path}: {content[:300]!r}")
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {content[:300]!r}")
        return json.loads(content)

    def send(self, agent, text, message_id, wait=True):
        body = {"message": {"messageId": message_id, "role": "ROLE_USER", "parts": [{"text": text}]},
                "configuration": {"returnImmediately": not wait}}
        return self.call("POST", f"/a2a/default/{agent}/message:send", body)["task"]


def said(task):
    return "".join(part.get("text", "") for one in task.get("artifacts", [])
                   for part in one["parts"])


def fresh(setup, name):
    folder = setup.work / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


@dataclasses.dataclass
class Declared:
    agents: int
    seconds: float  # from the start of the process until it serves with all of them
    bare_seconds: float  # the same of a server without any
    rss: int
    bare_rss: int
    applied_seconds: float  # the first time, with their YAML


def measure(setup):
    folder = fresh(setup, "agents-declared")
    bare_folder = fresh(setup, "agents-bare")
    with Flotilla(setup, data=bare_folder) as bare:
        pass
    with Flotilla(setup, data=bare_folder) as bare:
        bare_seconds, bare_rss = bare.start_seconds, bare.rss()
    data = folder / "data"
    with Flotilla(setup, data=data) as server:
        api = Api(server.port)
        begin = time.perf_counter()
        for first in range(0, AGENTS, AT_ONCE):
            some = (AGENT % (f"agent-{i}", i) for i in range(first, first + AT_ONCE))
            api.call("POST", "/api/v1/apply", MODEL % "0s" + "".join(some), "application/yaml")
        wait_ready(server, begin + 300)
        applied = time.perf_counter() - begin
    with Flotilla(setup, data=data) as server:
        seconds = server.start_seconds
        api = Api(server.port)
        for agent in ("agent-0", f"agent-{AGENTS - 1}"):
            task = api.send(agent, "hello", f"m-{agent}")
            if said(task) != "Hello, I am here.":
                raise RuntimeError(f"{agent} did not answer: {task}")
        rss = server.rss()
    shutil.rmtree(folder)
    return Declared(AGENTS, seconds, bare_seconds, rss, bare_rss, applied)


def wait_ready(server, deadline):
    """Until the agents have their conditions."""
    api = Api(server.port)
    while True:
        view = api.call("GET", f"/api/v1/namespaces/default/agents/agent-{AGENTS - 1}")
        conditions = view.get("status", {}).get("conditions", [])
        if any(one["type"] == "Ready" and one["status"] == "True" for one in conditions):
            return
        if time.perf_counter() > deadline:
            raise RuntimeError(f"the agents did not become ready: {conditions}")
        time.sleep(0.1)


@dataclasses.dataclass
class Runs:
    runs: int
    at_once: int  # that were seen working together
    growth: int  # bytes of resident memory
    seconds: float  # until all had ended


def measure_runs(setup):
    folder = fresh(setup, "agents-runs")
    manifest = folder / "agents.yaml"
    manifest.write_text(MODEL % "15s" + AGENT % ("guide", "x"))
    with Flotilla(setup, data=folder / "data", flags=("--apply", manifest)) as server:
        api = Api(server.port)
        api.send("guide", "hello", "warm", wait=True)
        before = server.rss()
        begin = time.perf_counter()
        with concurrent.futures.ThreadPoolExecutor(SENDERS) as pool:
            list(pool.map(lambda sender: send_some(server.port, sender), range(SENDERS)))
        working = count(api, "working") + count(api, "submitted")
        peak = server.rss()
        while count(api, "working") + count(api, "submitted") > 0:
            peak = max(peak, server.rss())
            time.sleep(0.1)
        seconds = time.perf_counter() - begin
        done = count(api, "completed")
    if done != RUNS + 1:
        raise RuntimeError(f"{done} of {RUNS + 1} runs completed")
    shutil.rmtree(folder)
    return Runs(RUNS, working, peak - before, seconds)


def send_some(port, sender):
    api = Api(port)
    for i in range(sender, RUNS, SENDERS):
        api.send("guide", f"question {i}", f"m-{i}", wait=False)


def count(api, state):
    """Tasks of a state, page by page."""
    total, cursor = 0, ""
    while True:
        page = api.call("GET", f"/api/v1/tasks?limit=500&state={state}&cursor={cursor}")
        total += len(page["items"])
        cursor = page["nextCursor"]
        if not cursor:
            return total


def send_when_there(api, agent, message_id, deadline):
    """The resource is stored when the request that applies it is answered, its agent a moment
    later."""
    while True:
        try:
            return api.send(agent, "hello", message_id)
        except NotFound:
            if time.perf_counter() > deadline:
                raise
            time.sleep(0.001)


@dataclasses.dataclass
class Apply:
    median: float  # seconds from the request that applies until the first answer is there
    worst: float


def measure_apply(setup):
    folder = fresh(setup, "agents-apply")
    times = []
    with Flotilla(setup, data=folder / "data") as server:
        api = Api(server.port)
        for i in range(21):
            begin = time.perf_counter()
            api.call("POST", "/api/v1/apply", MODEL % "0s" + AGENT % (f"new-{i}", i),
                     "application/yaml")
            task = send_when_there(api, f"new-{i}", f"m-{i}", begin + 10)
            times.append(time.perf_counter() - begin)
            if said(task) != "Hello, I am here.":
                raise RuntimeError(f"new-{i} did not answer: {task}")
    shutil.rmtree(folder)
    return Apply(statistics.median(times), max(times))
