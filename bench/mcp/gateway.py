"""What the gateway adds to a call, and what thousands of tools cost."""

import dataclasses
import json
import statistics
import subprocess
import time

from calls import HERE, TOOL, Peer, call, open_session, post
from messages import wait_until_idle
from processes import LOAD_CORE, Flotilla, free_port


@dataclasses.dataclass
class Overhead:
    saturation: float  # calls a second through the gateway
    rate: float  # of the measurement
    direct: tuple  # p50, p99 in us
    through: tuple
    failed: int


def manifest(folder, servers):
    path = folder / "toolservers.yaml"
    parts = [f"apiVersion: flotilla.dev/v1\nkind: ToolServer\nmetadata: {{name: {name}}}\n"
             f"spec: {{url: '{url}', prefix: '{prefix}'}}\n" for name, url, prefix in servers]
    path.write_text("---\n".join(parts))
    return path


def wait_ready(server, count):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        import urllib.request
        url = f"http://127.0.0.1:{server.port}/api/v1/toolservers?limit=500"
        with urllib.request.urlopen(url, timeout=10) as answer:
            items = json.loads(answer.read())["items"]
        ready = [one for one in items for condition in one.get("status", {}).get("conditions", [])
                 if condition["type"] == "Ready" and condition["status"] == "True"]
        if len(ready) == count:
            return
        time.sleep(0.1)
    raise RuntimeError("the tool servers did not become ready")


@dataclasses.dataclass
class Paced:
    p50: float
    p99: float
    failed: int


def paced(setup, server, rate, seconds, connections):
    """Calls at even distances, whatever became of those before."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
                       "params": {"name": TOOL, "arguments": {}, "_meta": {
                           "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                           "io.modelcontextprotocol/clientCapabilities": {}}}})
    request = (f"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
               "Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n"
               "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\n"
               f"Mcp-Name: {TOOL}\r\nContent-Length: {len(body)}\r\n\r\n{body}")
    run = subprocess.run(
        ["taskset", "-c", str(LOAD_CORE), setup.work / "load" / "paced", str(server.port),
         str(round(rate)), str(round(seconds)), str(connections), "This is a simple text response"],
        input=request, capture_output=True, text=True, check=True, timeout=seconds + 30)
    found = json.loads(run.stdout)
    return Paced(found["p50_us"], found["p99_us"], found["wrong"])


def measure(setup, seconds):
    """The upstream shares the load's core: it is the same in both cases."""
    print("-- the gateway's share of a call, at half of its saturation", flush=True)
    connections = 16
    with Flotilla(setup, core=LOAD_CORE, flags=["--conformance"]) as upstream:
        path = manifest(setup.work, [("up", f"http://127.0.0.1:{upstream.port}/mcp", "")])
        with Flotilla(setup, flags=["--apply", path]) as gateway:
            wait_ready(gateway, 1)
            call(gateway, 1)
            saturation = call(gateway, 3, connections=connections).rate
            samples = {"direct": [], "through": []}
            failed = 0
            for _ in range(3):
                for name, server in (("direct", upstream), ("through", gateway)):
                    wait_until_idle(server)
                    sample = paced(setup, server, saturation / 2, seconds, connections)
                    samples[name].append(sample)
                    failed += sample.failed
            middle = {name: (statistics.median(one.p50 for one in list_),
                             statistics.median(one.p99 for one in list_))
                      for name, list_ in samples.items()}
    found = Overhead(saturation, saturation / 2, middle["direct"], middle["through"], failed)
    print(f"   {found}", flush=True)
    return found


@dataclasses.dataclass
class Many:
    tools: int
    servers: int
    pages: int
    seconds: float  # of all pages of tools/list
    page_seconds: float  # the slowest page
    bytes: int
    growth: int  # of resident memory


def list_tools(server, session):
    cursor, tools, pages, size, slowest = None, 0, 0, 0, 0.0
    begin = time.perf_counter()
    while True:
        params = {} if cursor is None else {"cursor": cursor}
        began = time.perf_counter()
        _, text = post(server, {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": params},
                       session)
        slowest = max(slowest, time.perf_counter() - began)
        result = json.loads(text)["result"]
        tools, pages, size = tools + len(result["tools"]), pages + 1, size + len(text)
        cursor = result.get("nextCursor")
        if cursor is None:
            return tools, pages, size, time.perf_counter() - begin, slowest


def measure_many(setup, servers=10, each=500):
    print(f"-- {servers * each} federated tools", flush=True)
    with Flotilla(setup) as empty:
        session = open_session(empty)
        list_tools(empty, session)
        before = empty.rss()
    command = ["node", HERE / "peer" / "many.mjs", free_port(), each]
    with Peer(setup, command, core=LOAD_CORE) as peer:
        rows = [(f"s{i}", f"http://127.0.0.1:{peer.port}/{i}", f"s{i}") for i in range(servers)]
        with Flotilla(setup, flags=["--apply", manifest(setup.work, rows)]) as gateway:
            wait_ready(gateway, servers)
            session = open_session(gateway)
            runs = [list_tools(gateway, session) for _ in range(5)]
            growth = gateway.rss() - before
    tools, pages, size, seconds, slowest = sorted(runs, key=lambda run: run[3])[2]
    found = Many(tools, servers, pages, seconds, slowest, size, growth)
    print(f"   {found}", flush=True)
    return found
