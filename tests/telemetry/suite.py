"""What traces tell: flotilla exports to a receiver that reads them with opentelemetry-proto."""

import io
import json
import os
import sys
import tempfile
import threading
import time
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "harness"))

from opentelemetry.proto.collector.trace.v1 import trace_service_pb2
from opentelemetry.proto.trace.v1 import trace_pb2

import mcp_server
from server import Server

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
SECRET = "the-answer-nobody-may-see"


class Web:
    """An HTTP server on loopback."""

    def __init__(self, handler):
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = "http://127.0.0.1:%d" % self.server.server_port


class Receiver(Web):
    """Takes /v1/traces. `refuse` is how many requests are answered with 503 first."""

    def __init__(self, refuse=0):
        self.spans, self.resources, self.faults, self.headers = [], [], [], []
        self.refuse = refuse
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(receiver.take(self.path, self.headers, body))
                self.send_header("Content-Length", "0")
                self.end_headers()

        super().__init__(Handler)

    def take(self, path, headers, body):
        if self.refuse > 0:
            self.refuse -= 1
            return 503
        if path != "/v1/traces" or headers["Content-Type"] != "application/x-protobuf":
            self.faults.append((path, headers["Content-Type"]))
        request = trace_service_pb2.ExportTraceServiceRequest.FromString(body)
        self.headers.append(dict(headers.items()))
        for resource in request.resource_spans:
            self.resources.append(attributes(resource.resource))
            for scope in resource.scope_spans:
                self.spans += scope.spans
        return 200

    def await_spans(self, wanted, seconds=20):
        """Until each of these names was told."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if set(wanted) <= {span.name for span in self.spans}:
                return
            time.sleep(0.02)
        raise AssertionError(f"wanted {wanted}, told {sorted(span.name for span in self.spans)}")

    def one(self, name):
        found = [span for span in self.spans if span.name == name]
        assert len(found) == 1, (name, [span.name for span in self.spans])
        return found[0]


class Tools(Web):
    """A tool server that notes the `_meta` of calls."""

    def __init__(self):
        self.metas = []
        tools = self

        class Handler(mcp_server.Handler):
            behaviour = mcp_server.Behaviour()

            def do_POST(self):
                length = int(self.headers["Content-Length"])
                body = self.rfile.read(length)
                request = json.loads(body)
                if request.get("method") == "tools/call":
                    tools.metas.append(request["params"].get("_meta") or {})
                self.rfile = io.BytesIO(body)
                super().do_POST()

        super().__init__(Handler)


def attributes(thing):
    values = {}
    for pair in thing.attributes:
        kind = pair.value.WhichOneof("value")
        value = getattr(pair.value, kind)
        if kind == "array_value":
            value = [item.string_value for item in value.values]
        values[pair.key] = value
    return values


def resource(kind, name, spec):
    return {"apiVersion": "flotilla.dev/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def documents(tools):
    """An agent that calls a tool, asks another agent, and answers; no model is far away."""
    script = {
        "answers": [
            {"when": {"system": "helper"}, "text": "I help"},
            {"when": {"tool": "helper"}, "text": "done " + SECRET},
            {
                "when": {"tool": "echo"},
                "toolCalls": [{"name": "helper", "arguments": {"request": "help"}}],
            },
            {"toolCalls": [{"name": "echo", "arguments": {"text": SECRET}}]},
        ]
    }
    return [
        resource(
            "ModelConfig",
            "default",
            {
                "provider": "scripted",
                "model": "small",
                "price": {"input": 1000, "output": 1000},
                "script": {"inline": script},
            },
        ),
        resource(
            "ToolServer",
            "trial",
            {"url": tools.url, "headers": [{"name": "X-Key", "value": mcp_server.SECRET}]},
        ),
        resource(
            "Agent",
            "helper",
            {"description": "Helps.", "declarative": {"systemMessage": "You are the helper."}},
        ),
        resource(
            "Agent",
            "worker",
            {
                "description": "Works.",
                "declarative": {
                    "systemMessage": "You work.",
                    "tools": [{"toolServer": {"name": "trial"}}, {"agent": {"name": "helper"}}],
                },
            },
        ),
    ]


def message(words):
    return {"message": {"messageId": words, "role": "ROLE_USER", "parts": [{"text": words}]}}


def send(server, words, path="/", headers=()):
    body = {"jsonrpc": "2.0", "id": 1, "method": "SendMessage", "params": message(words)}
    fields = [("A2A-Version", "1.0"), *headers]
    answer = server.call("POST", path, fields, body, timeout=30)
    assert answer.status == 200, (answer.status, answer.text())
    return answer.json()


class Serving(Server):
    """A server whose environment has these variables."""

    def __init__(self, folder, environment, *flags):
        super().__init__(folder, "--durability", "relaxed", *flags)
        self.environment = {"OTEL_BSP_SCHEDULE_DELAY": "50", **environment}

    def start(self, wait=30):
        before = dict(os.environ)
        os.environ.update(self.environment)
        try:
            return super().start(wait)
        finally:
            os.environ.clear()
            os.environ.update(before)


def apply(server, wanted):
    answer = server.call("POST", "/api/v1/apply", body=wanted)
    assert answer.status == 200, (answer.status, answer.text())
    for name in ("helper", "worker"):
        deadline = time.monotonic() + 20
        while server.call("GET", f"/a2a/default/{name}/.well-known/agent-card.json").status != 200:
            assert time.monotonic() < deadline, f"agent {name} never became ready"
            time.sleep(0.05)


def test_builtin_agents_are_told_of(check, folder):
    receiver = Receiver()
    environment = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url,
        "OTEL_EXPORTER_OTLP_HEADERS": "x-token=ab%20c",
        "OTEL_SERVICE_NAME": "trial",
        "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test",
    }
    with Serving(folder, environment) as server:
        send(server, "Calculate 6 * 7", headers=[("traceparent", CALLER)])
        send(server, "Calculate 1 / 0")
        receiver.await_spans(["invoke_agent calculator"])
    first = receiver.spans[0]
    check(first.trace_id.hex() == CALLER[3:35], "trace of the caller", first)
    check(first.parent_span_id.hex() == CALLER[36:52], "span of the caller", first)
    check(first.flags & 1 == 1, "flags", first)
    told = attributes(first)
    check(told["gen_ai.operation.name"] == "invoke_agent", told)
    check(told["a2a.task.state"] == "TASK_STATE_COMPLETED", told)
    check(0 < first.end_time_unix_nano - first.start_time_unix_nano < 20e9, first)
    check(abs(first.start_time_unix_nano / 1e9 - time.time()) < 60, first)
    second = receiver.spans[1]
    check(second.trace_id.hex() == attributes(second)["a2a.task.id"].replace("-", ""), second)
    check(not second.parent_span_id, second)
    check(receiver.headers[0]["x-token"] == "ab c", receiver.headers[0])
    source = receiver.resources[0]
    check(source["service.name"] == "trial" and source["service.version"], source)
    check(source["deployment.environment.name"] == "test", source)
    check(receiver.faults == [], receiver.faults)


def test_a_run_is_a_trace_of_steps(check, folder):
    receiver, tools = Receiver(), Tools()
    with Serving(folder, {}, "--otlp-endpoint", receiver.url + "/") as server:
        apply(server, documents(tools))
        answer = send(server, "work", "/a2a/default/worker", [("traceparent", CALLER)])
        text = json.dumps(answer)
        check(SECRET in text, text)
        receiver.await_spans(["invoke_agent worker"])
        stats = server.get("/api/v1/stats?step=all&by=agent,model")
        metrics = server.call("GET", "/metrics").text()
    run, child = receiver.one("invoke_agent worker"), receiver.one("invoke_agent helper")
    echo, ask = receiver.one("execute_tool echo"), receiver.one("execute_tool helper")
    chats = [span for span in receiver.spans if span.name == "chat small"]
    check(len(chats) == 4, [span.name for span in receiver.spans])
    check({span.trace_id.hex() for span in receiver.spans} == {CALLER[3:35]}, "one trace")
    check(run.parent_span_id.hex() == CALLER[36:52], run)
    check(echo.parent_span_id == run.span_id and ask.parent_span_id == run.span_id, echo, ask)
    check(child.parent_span_id == ask.span_id, child)
    parents = sorted(span.parent_span_id for span in chats)
    check(parents == sorted([run.span_id] * 3 + [child.span_id]), parents)
    for span in receiver.spans:
        inside = run.start_time_unix_nano <= span.start_time_unix_nano
        check(inside and span.end_time_unix_nano <= run.end_time_unix_nano + 3e6, span)
    told = attributes(chats[0])
    check(chats[0].kind == trace_pb2.Span.SPAN_KIND_CLIENT, chats[0])
    check(told["gen_ai.provider.name"] == "scripted", told)
    check(told["gen_ai.response.finish_reasons"] == ["tool_calls"], told)
    check(told["gen_ai.usage.input_tokens"] > 0 < told["gen_ai.usage.output_tokens"], told)
    check(attributes(echo)["flotilla.tool_server"] == "default/trial", echo)
    meta = tools.metas[0]
    wanted = f"00-{CALLER[3:35]}-{echo.span_id.hex()}-01"
    check(meta.get("traceparent") == wanted, meta, wanted)
    check(SECRET not in repr(receiver.spans), "content is in no span")

    sums = {item["agent"]: item for item in stats["items"]}
    check(sums["worker"]["requests"] == 3 and sums["helper"]["requests"] == 1, stats)
    spent = sum(attributes(chat)["gen_ai.usage.input_tokens"] for chat in chats)
    check(sum(item["inputTokens"] for item in sums.values()) == spent, stats, spent)
    costs = all(abs(item["costUsd"] - item["tokens"] / 1000) < 1e-9 for item in sums.values())
    check(costs, "a thousand dollars for a million tokens", stats)
    for line in (
        'flotilla_llm_requests_total{outcome="ok",provider="scripted"} 4',
        'flotilla_mcp_client_requests_total{outcome="ok"} 1',
    ):
        check(line in metrics, line, [one for one in metrics.splitlines() if line[:20] in one])


def test_content_is_told_where_the_operator_asks(check, folder):
    receiver, tools = Receiver(), Tools()
    environment = {
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": receiver.url + "/v1/traces",
        "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "true",
    }
    with Serving(folder, environment) as server:
        apply(server, documents(tools))
        send(server, "work", "/a2a/default/worker")
        receiver.await_spans(["invoke_agent worker"])
    echo = attributes(receiver.one("execute_tool echo"))
    check(echo["gen_ai.tool.call.arguments"] == json.dumps({"text": SECRET}, separators=(",", ":")))
    check(echo["gen_ai.tool.call.result"] == SECRET, echo)
    chat = [attributes(span) for span in receiver.spans if span.name == "chat small"][0]
    asked = json.loads(chat["gen_ai.input.messages"])
    said = json.loads(chat["gen_ai.output.messages"])
    check(asked == [{"role": "user", "parts": [{"type": "text", "content": "work"}]}], asked)
    check(said[0]["parts"][0]["type"] == "tool_call" and said[0]["finish_reason"], said)


def test_a_budget_stops_a_run(check, folder):
    tools = Tools()
    with Serving(folder, {}) as server:
        wanted = documents(tools)
        wanted[3]["spec"]["declarative"]["budget"] = {"run": {"usd": 0.12}}
        apply(server, wanted)
        answer = json.dumps(send(server, "work", "/a2a/default/worker"))
        check("TASK_STATE_FAILED" in answer and "0.1200 USD" in answer, answer)


def test_a_receiver_that_is_away_delays_nothing(check, folder):
    receiver = Receiver(refuse=1)
    with Serving(folder, {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url}) as server:
        began = time.monotonic()
        send(server, "Calculate 6 * 7")
        check(time.monotonic() - began < 2, "the answer waits for nobody")
        receiver.await_spans(["invoke_agent calculator"])
    with Serving(folder, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}) as server:
        send(server, "Calculate 6 * 7")
        began = time.monotonic()
    check(time.monotonic() - began < 9, "nor does the end")


def test_what_is_not_supported_refuses_the_start(check, folder):
    environment = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4317",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
    }
    try:
        Serving(folder, environment).start().stop()
        check(False, "it started")
    except RuntimeError as refused:
        check("OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc'" in str(refused), refused)


def main():
    passed, failed = 0, 0

    def check(holds, *what):
        nonlocal passed, failed
        if holds:
            passed += 1
        else:
            failed += 1
            print("FAILED", name, *[str(one)[:1500] for one in what])

    for name, function in list(globals().items()):
        if not name.startswith("test_") or (sys.argv[1:] and name not in sys.argv[1:]):
            continue
        with tempfile.TemporaryDirectory(prefix="telemetry-") as folder:
            try:
                function(check, folder)
            except Exception:
                failed += 1
                print("FAILED", name, traceback.format_exc()[-4000:])
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
