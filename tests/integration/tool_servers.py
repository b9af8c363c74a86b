"""Tool servers behind /mcp: found, called, changed, approved; what they do wrong hurts nobody."""

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from cli_server import Cli
from mcp_server import SECRET
from server import Server, write_tokens

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness", "mcp_server.py")
SERVERS = "/api/v1/namespaces/default/toolservers"
P = "io.modelcontextprotocol/"


def manifest(name, name_space="default", **spec):
    return {
        "apiVersion": "flotilla.dev/v1",
        "kind": "ToolServer",
        "metadata": {"name": name, "namespace": name_space},
        "spec": spec,
    }


def stdio(name, **spec):
    return manifest(name, command=sys.executable, args=[SCRIPT, "stdio"], **spec)


def apply(server, *documents, token=None):
    answer = server.call("POST", "/api/v1/apply", body=list(documents), token=token)
    assert answer.status == 200, (answer.status, answer.text())


def mcp(server, method, params=None, token=None, path="/mcp"):
    """One request of revision 2026-07-28: the whole JSON-RPC answer."""
    params = dict(params or {})
    params["_meta"] = {P + "protocolVersion": "2026-07-28", P + "clientCapabilities": {}}
    headers = [
        ("Accept", "application/json, text/event-stream"),
        ("MCP-Protocol-Version", "2026-07-28"),
        ("Mcp-Method", method),
    ]
    if "name" in params:
        headers.append(("Mcp-Name", params["name"]))
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    answer = server.call("POST", path, body=body, token=token, headers=headers)
    text = answer.text()
    if text.startswith(("data:", "event:", "id:", ":")):
        found = [line[5:] for line in text.splitlines() if line.startswith("data:")]
        text = found[-1]
    return json.loads(text)


def call(server, name, arguments=None, token=None):
    """The text of the result, `isError …` or `error CODE …`."""
    answer = mcp(server, "tools/call", {"name": name, "arguments": arguments or {}}, token)
    if "error" in answer:
        return f"error {answer['error']['code']} {answer['error']['message']}"
    result = answer["result"]
    words = result["content"][0]["text"]
    return "isError " + words if result.get("isError") else words


def names(server, token=None):
    listed, cursor = [], None
    while True:
        params = {"cursor": cursor} if cursor is not None else {}
        result = mcp(server, "tools/list", params, token)["result"]
        listed += [tool["name"] for tool in result["tools"]]
        cursor = result.get("nextCursor")
        if cursor is None:
            return listed


def status(server, name, token=None):
    return server.call("GET", f"{SERVERS}/{name}", token=token).json().get("status") or {}


def until(holds, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = holds()
        if found:
            return found
        time.sleep(0.05)
    return holds()


def is_ready(server, name, token=None):
    conditions = status(server, name, token).get("conditions") or []
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


@contextmanager
def house(folder, *documents, flags=()):
    with Server(folder, *flags) as server:
        apply(server, *documents)
        for document in documents:
            if document["kind"] == "ToolServer":
                name = document["metadata"]["name"]
                assert until(lambda: is_ready(server, name)), status(server, name)
        yield server


def test_a_command_is_federated(checks, folder):
    with house(folder, stdio("trial")) as server:
        listed = names(server)
        checks.that("trial_echo" in listed and "send_message" in listed, listed)
        checks.equal(call(server, "trial_echo", {"text": "hi"}), "hi")
        checks.equal(len(listed), len(set(listed)))
        said = status(server, "trial")
        checks.equal(said["era"], "legacy")
        checks.equal(said["serverInfo"]["name"], "trial")
        checks.that(call(server, "trial_nothing").startswith("error -32602"))
        server.call("DELETE", f"{SERVERS}/trial")
        checks.that(until(lambda: "trial_echo" not in names(server)), names(server))


def test_a_url_with_a_header_from_a_secret(checks, folder):
    port_file = os.path.join(folder, "port")
    peer = subprocess.Popen([sys.executable, SCRIPT, "http", port_file])
    try:
        until(lambda: os.path.exists(port_file))
        with open(port_file, encoding="utf-8") as file:
            url = f"http://127.0.0.1:{file.read()}/mcp"
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key"},
                  "stringData": {"value": SECRET}}
        reference = {"secretKeyRef": {"name": "key", "key": "value"}}
        document = manifest("web", url=url, headers=[{"name": "X-Key", "valueFrom": reference}])
        with house(os.path.join(folder, "house"), secret, document) as server:
            checks.equal(call(server, "web_echo", {"text": "over HTTP"}), "over HTTP")
            shown = server.call("GET", f"{SERVERS}/web").text()
            checks.that(SECRET not in shown, "the secret is shown")
            checks.that(SECRET not in server.log(), "the secret is logged")
            checks.that(call(server, "web_garbage").startswith("isError"), "garbage")
            checks.equal(call(server, "web_echo"), "echo")
    finally:
        peer.kill()
        peer.wait()


def test_what_a_server_does_wrong_hurts_no_other(checks, folder):
    with house(folder, stdio("bad", timeout="2s"), stdio("good")) as server:
        with ThreadPoolExecutor() as pool:
            hanging = [pool.submit(call, server, "bad_hang") for _ in range(8)]
            checks.equal(call(server, "good_echo"), "echo", "while another hangs")
            for one in hanging:
                checks.that(one.result().startswith("isError DEADLINE_EXCEEDED"), one.result())
        for name in ("bad_lie", "bad_flood"):
            said = call(server, name)
            checks.that(said == name[4:] or said.startswith("isError"), name, said)
            checks.equal(call(server, "good_echo"), "echo", "after", name)
        for name in ("bad_garbage", "bad_die"):
            checks.that(call(server, name).startswith("isError"), name)
            checks.equal(call(server, "good_echo"), "echo", "after", name)
            checks.that(until(lambda: call(server, "bad_echo") == "echo"), "is back after", name)
        checks.that("bad_echo" in names(server))


def test_a_changed_tool_waits_for_approval(checks, folder):
    with house(folder, stdio("trial")) as server:
        cli = Cli(folder, server)
        call(server, "trial_change")
        held = until(lambda: status(server, "trial").get("quarantinedTools"))
        checks.equal([one["name"] for one in held], ["trial_echo"])
        checks.that("trial_echo" not in names(server))
        checks.that(call(server, "trial_echo").startswith("error -32602"))
        shown = cli.run("toolservers", "tools", "trial")
        checks.that("quarantined" in shown.stdout, shown.stdout)
        approved = cli.run("toolservers", "approve", "trial", "trial_echo")
        checks.equal(approved.returncode, 0, approved.stderr)
        checks.that(until(lambda: "trial_echo" in names(server)))
        called = cli.run("toolservers", "call", "trial_echo", '{"text": "from the shell"}')
        checks.equal(called.stdout.strip(), "from the shell", called.stderr)
        wrong = server.call("POST", f"{SERVERS}/trial/approve", body={"tools": ["nothing"]})
        checks.equal(wrong.status, 400, wrong.text())


def test_namespaces_are_walls(checks, folder):
    tokens = os.path.join(folder, "tokens.yaml")
    write_tokens(tokens, ["root admin *", "ann operator default", "ben operator other"])
    with Server(os.path.join(folder, "house"), "--tokens", tokens) as server:
        apply(server, stdio("trial"), token="root")
        checks.that(until(lambda: is_ready(server, "trial", "root")))
        checks.that("trial_echo" in names(server, "ann"))
        checks.that("trial_echo" not in names(server, "ben"))
        checks.equal(call(server, "trial_echo", token="ann"), "echo")
        hidden = call(server, "trial_echo", token="ben")
        unknown = call(server, "trial_nothing", token="ben")
        checks.equal(hidden.replace("trial_echo", "X"), unknown.replace("trial_nothing", "X"))
        answer = server.call("POST", f"{SERVERS}/trial/approve", body={}, token="ben")
        checks.equal(answer.status, 404, answer.text())


def test_the_search_profile(checks, folder):
    with house(folder, stdio("trial")) as server:
        path = "/mcp?profile=search"
        listed = mcp(server, "tools/list", path=path)["result"]["tools"]
        checks.equal([one["name"] for one in listed], ["find_tools", "call_tool"])
        found = mcp(server, "tools/call", {"name": "find_tools", "arguments": {"query": "echo"}},
                    path=path)["result"]["structuredContent"]
        checks.equal(found["tools"][0]["name"], "trial_echo")
        wanted = {"name": "trial_echo", "arguments": {"text": "found"}}
        called = mcp(server, "tools/call", {"name": "call_tool", "arguments": wanted}, path=path)
        checks.equal(called["result"]["content"][0]["text"], "found")

