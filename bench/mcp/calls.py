"""tools/call of a trivial tool: Flotilla and the official SDKs' servers, one core each."""

import http.client
import json
import pathlib

from load import Summary, wrk
from messages import show, wait_until_idle
from processes import Flotilla, Server, free_port

HERE = pathlib.Path(__file__).resolve().parent
SCRIPT = HERE / "call.lua"
TOOL = "test_simple_text"

MODERN = "Flotilla, 2026-07-28"
LEGACY = "Flotilla, session of 2025-11-25"
TYPESCRIPT = "TypeScript SDK, session of 2025-11-25"
GO = "Go SDK, session of 2025-11-25"


class Peer(Server):
    """A server that says where it listens."""

    def __init__(self, setup, command, **options):
        super().__init__(command, r"peer listening on http://127\.0\.0\.1:(\d+)\n",
                         env={"NODE_ENV": "production", "GOMAXPROCS": "1"},
                         log=setup.work / "peer.log", **options)


def typescript(setup):
    return Peer(setup, ["node", HERE / "peer" / "server.mjs", free_port()])


def go(setup):
    return Peer(setup, [setup.work / "peer-go", free_port()])


def post(server, body, session=None, path="/mcp"):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    if session:
        headers |= {"Mcp-Session-Id": session, "MCP-Protocol-Version": "2025-11-25"}
    connection.request("POST", path, json.dumps(body), headers)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer, text


def open_session(server):
    params = {"protocolVersion": "2025-11-25", "capabilities": {},
              "clientInfo": {"name": "bench", "version": "1"}}
    answer, text = post(server, {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params})
    session = answer.headers["Mcp-Session-Id"]
    if not session:
        raise RuntimeError(f"no session: {answer.status} {text}")
    post(server, {"jsonrpc": "2.0", "method": "notifications/initialized"}, session)
    return session


def call(server, seconds, session="none", connections=64, tool=TOOL):
    return wrk(server, "/mcp", SCRIPT, [session, tool], seconds, connections)


def run(make, seconds, legacy):
    with make() as server:
        session = open_session(server) if legacy else "none"
        call(server, 2, session)
        wait_until_idle(server)
        return call(server, seconds, session)


def measure(setup, rounds, seconds):
    flotilla = lambda: Flotilla(setup, flags=["--conformance"])  # noqa: E731
    contenders = {
        MODERN: lambda: run(flotilla, seconds, False),
        LEGACY: lambda: run(flotilla, seconds, True),
        TYPESCRIPT: lambda: run(lambda: typescript(setup), seconds, True),
    }
    if (setup.work / "peer-go").exists():
        contenders[GO] = lambda: run(lambda: go(setup), seconds, True)
    else:
        print("   !! NO GO TOOLCHAIN: the comparison with the Go SDK is left out", flush=True)
    samples = {name: [] for name in contenders}
    for number in range(rounds):
        print(f"-- tools/call, round {number + 1} of {rounds}", flush=True)
        for name, one in contenders.items():
            sample = one()
            show(name, sample)
            samples[name].append(sample)
    return {name: Summary(list_) for name, list_ in samples.items()}
