"""MCP from outside: what survives kill -9, over HTTP and over stdio, and whom the server refuses."""

import http.client
import json
import subprocess

from server import Server, program

PROTOCOL = "2025-11-25"
META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}


def initialize(id=0):
    return {
        "jsonrpc": "2.0",
        "id": id,
        "method": "initialize",
        "params": {
            "protocolVersion": PROTOCOL,
            "capabilities": {},
            "clientInfo": {"name": "integration", "version": "1"},
        },
    }


def call(id, tool, arguments=None, meta=None):
    params = {"name": tool, "arguments": arguments or {}}
    if meta:
        params["_meta"] = meta
    return {"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params}


class Client:
    """Streamable HTTP, one connection for each request."""

    def __init__(self, server):
        self.server = server
        self.session = None

    def open(self, method, body=None, **more):
        connection = http.client.HTTPConnection(*self.server.address, timeout=30)
        headers = {"Accept": "application/json, text/event-stream"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if self.session:
            headers["Mcp-Session-Id"] = self.session
            headers["MCP-Protocol-Version"] = PROTOCOL
        headers.update(more)
        data = json.dumps(body) if body is not None else None
        connection.request(method, "/mcp", data, headers)
        return connection.getresponse()

    def post(self, body):
        response = self.open("POST", body)
        text = response.read()
        return response.status, json.loads(text) if text else None

    def start(self):
        response = self.open("POST", initialize())
        self.session = response.getheader("Mcp-Session-Id")
        response.read()
        return self


def events(response, count=None):
    """`count` events of a stream, or all until it ends: (id, data)."""
    found, id, data = [], "", None
    while count is None or len(found) < count:
        line = response.readline().decode()
        if not line:
            return found
        line = line.rstrip("\n")
        if line.startswith("id: "):
            id = line[4:]
        elif line.startswith("data:"):
            data = line[5:].strip()
        elif not line and data is not None:
            found.append((id, data))
            data = None
    return found


def test_session_and_stream_survive_a_kill(checks, folder):
    database = f"sqlite:{folder}/flotilla.db"
    server = Server(folder, "--conformance", database=database).start()
    server.keep_port()
    client = Client(server).start()
    stream = client.open("POST", call(5, "test_tool_with_progress", meta={"progressToken": "t"}))
    begun = events(stream, 2)
    checks.equal(begun[0][1], "", "the priming event is empty")
    checks.that('"progress":0' in begun[1][1], begun)
    server.kill()
    server.start()
    checks.equal(client.post({"jsonrpc": "2.0", "id": 1, "method": "ping"})[1]["result"], {})
    rest = events(client.open("GET", **{"Last-Event-ID": begun[0][0]}))
    checks.equal(rest[0], begun[1], "what was sent is sent again, once")
    last = json.loads(rest[-1][1])
    checks.equal(last["id"], 5, "the lost call is answered")
    checks.that("error" in last or "result" in last, last)
    again = events(client.open("GET", **{"Last-Event-ID": begun[0][0]}))
    checks.equal(again, rest, "the same every time")
    checks.equal(client.open("DELETE").status, 204)
    checks.equal(client.post({"jsonrpc": "2.0", "id": 1, "method": "ping"})[0], 404)
    server.stop()


class Bridge:
    """`flotilla mcp` as an MCP client starts it."""

    def __init__(self, server):
        self.process = program(
            "mcp",
            environment={"FLOTILLA_URL": server.url},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def send(self, message):
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()

    def receive(self, id):
        for line in self.process.stdout:
            message = json.loads(line)
            if message.get("id") == id and "method" not in message:
                return message
        raise AssertionError("the bridge ended: " + self.process.stderr.read())

    def ask(self, message):
        self.send(message)
        return self.receive(message["id"])

    def end(self):
        self.process.stdin.close()
        status = self.process.wait(30)
        self.process.stdout.close()
        self.process.stderr.close()
        return status


def test_stdio_bridge_outlives_its_server(checks, folder):
    server = Server(folder, "--conformance", database=f"sqlite:{folder}/flotilla.db").start()
    server.keep_port()
    bridge = Bridge(server)
    answer = bridge.ask(initialize("i"))
    checks.equal(answer["result"]["protocolVersion"], PROTOCOL)
    bridge.send({"jsonrpc": "2.0", "method": "notifications/initialized"})
    checks.that("result" in bridge.ask(call(1, "test_reconnection")))
    discover = {"jsonrpc": "2.0", "id": 2, "method": "server/discover", "params": {"_meta": META}}
    checks.that("2026-07-28" in bridge.ask(discover)["result"]["supportedVersions"])
    server.kill()
    away = bridge.ask(call(3, "test_simple_text"))
    checks.that("cannot reach" in away["error"]["message"], away)
    server.start()
    checks.that("result" in bridge.ask(call(4, "test_simple_text")))
    checks.equal(bridge.end(), 0)
    server.stop()


def test_stdio_bridge_gets_the_rest_of_a_stream(checks, folder):
    server = Server(folder, "--conformance", database=f"sqlite:{folder}/flotilla.db").start()
    server.keep_port()
    bridge = Bridge(server)
    bridge.ask(initialize())
    bridge.send(call(5, "test_tool_with_progress", meta={"progressToken": "t"}))
    line = json.loads(bridge.process.stdout.readline())
    checks.equal(line["params"]["progress"], 0)
    server.kill()
    server.start()
    last = bridge.receive(5)
    checks.that("error" in last or "result" in last, last)
    checks.equal(bridge.end(), 0)
    server.stop()


def test_a_lost_session_is_replaced_by_the_bridge(checks, folder):
    server = Server(folder, "--conformance", database=f"sqlite:{folder}/flotilla.db").start()
    server.keep_port()
    bridge = Bridge(server)
    bridge.ask(initialize())
    bridge.send({"jsonrpc": "2.0", "method": "notifications/initialized"})
    checks.that("result" in bridge.ask(call(1, "test_simple_text")))
    server.kill()
    server.flags[3] = f"sqlite:{folder}/other.db"
    server.start()
    checks.that("result" in bridge.ask(call(2, "test_simple_text")))
    checks.equal(bridge.end(), 0)
    server.stop()


def test_bridge_without_a_server_says_what_to_do(checks, folder):
    ended = program(
        "mcp",
        environment={"FLOTILLA_URL": "http://127.0.0.1:1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    out, errors = ended.communicate(timeout=30)
    checks.equal(ended.returncode, 6)
    checks.equal(out, "")
    checks.that("flotilla serve" in errors, errors)


def test_pages_and_names_of_others_are_refused(checks, folder):
    with Server(folder, "--conformance", "--body-limit", "64KiB") as server:
        body = json.dumps(initialize())
        headers = {
            "Accept": "application/json, text/event-stream",
            "Content-Type": "application/json",
        }

        def status(method, path, more, text=body):
            return server.call(method, path, {**headers, **more}, text).status

        evil = {"Origin": "http://evil.example.com"}
        for method, path in (("POST", "/mcp"), ("GET", "/mcp"), ("DELETE", "/mcp"),
                             ("GET", "/mcp/sse"), ("POST", "/mcp/messages")):
            checks.equal(status(method, path, evil, None if method != "POST" else body), 403,
                         method, path)
        own = {"Origin": f"http://{server.host}:{server.port}"}
        checks.equal(status("POST", "/mcp", own), 200)
        connection = http.client.HTTPConnection(*server.address, timeout=20)
        connection.putrequest("POST", "/mcp", skip_host=True)
        for name, value in {**headers, "Host": "evil.example.com",
                            "Content-Length": str(len(body))}.items():
            connection.putheader(name, value)
        connection.endheaders(body.encode())
        checks.equal(connection.getresponse().status, 421, "another name (DNS rebinding)")
        connection.close()
        checks.equal(status("POST", "/mcp", {}, "[" * 100_000), 413)
        checks.equal(status("PUT", "/mcp", {}), 405)
