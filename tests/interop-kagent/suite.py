"""kagent's own runtime (kagent-adk of PyPI) against $FLOTILLA_BIN: as an agent that Flotilla reaches,
with Flotilla as its controller; and as one that Flotilla starts from kagent's YAML. Its model is
model.py."""

import json
import os
import subprocess
import sys
import tempfile
import time
import traceback
import uuid

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "harness")]

from model import Model  # noqa: E402
from server import Server  # noqa: E402

KAGENT_ADK = os.path.join(os.path.dirname(sys.executable), "kagent-adk")
START = 180  # seconds: it imports six thousand modules


class Runtime:
    """kagent-adk as its pod runs it."""

    def __init__(self, folder, server, model, name, stream=True):
        self.config = os.path.join(folder, "config")
        self.model, self.stream = model, stream
        self.output = open(os.path.join(folder, "runtime.log"), "a", encoding="utf-8")
        self.environment = runtime_environment(server, name)
        self.process = None

    def start(self, port):
        write_config(self.config, self.model, self.stream, port)
        self.process = subprocess.Popen(
            [KAGENT_ADK, "static", "--host", "127.0.0.1", "--port", str(port)]
            + ["--filepath", self.config],
            env=self.environment,
            stdout=self.output,
            stderr=self.output,
        )

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None


def runtime_environment(server, name):
    return {
        **{key: value for key, value in os.environ.items() if not key.startswith("FLOTILLA_")},
        "KAGENT_URL": server.url + "/kagent",
        "KAGENT_NAME": name,
        "KAGENT_NAMESPACE": "default",
        "OPENAI_API_KEY": "none",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def write_config(folder, model, stream, port=8080):
    os.makedirs(folder, exist_ok=True)
    config = {
        "model": {"type": "openai", "model": "small", "base_url": model.url, "headers": {}},
        "description": "Helps",
        "instruction": "You help.",
        "stream": stream,
    }
    card = {
        "name": "helper",
        "description": "Helps",
        "version": "1",
        "url": f"http://127.0.0.1:{port}",
        "capabilities": {"streaming": True},
        "defaultInputModes": ["text"],
        "defaultOutputModes": ["text"],
        "skills": [],
        "protocolVersion": "0.3.0",
        "preferredTransport": "JSONRPC",
    }
    for name, value in (("config.json", config), ("agent-card.json", card)):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            json.dump(value, file)
    return folder


def free_port():
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def apply(server, *documents):
    answer = server.call("POST", "/api/v1/apply", body=list(documents))
    assert answer.status == 200, (answer.status, answer.text())
    for item in answer.json()["items"]:
        assert "error" not in item, item


def wait_ready(server, name, seconds=START):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        agent = server.get(f"/api/v1/namespaces/default/agents/{name}")
        conditions = {one["type"]: one for one in agent["status"].get("conditions", [])}
        if conditions.get("Ready", {}).get("status") == "True":
            return agent
        time.sleep(0.5)
    raise AssertionError(f"{name} is not ready: {conditions}")


def send(server, name, text, context=None):
    """As kagent's clients do it: 0.3 at kagent's URL. The task."""
    message = {
        "kind": "message",
        "messageId": str(uuid.uuid4()),
        "role": "user",
        "parts": [{"kind": "text", "text": text}],
    }
    if context:
        message["contextId"] = context
    path = f"/kagent/api/a2a/default/{name}"
    answer = server.rpc("message/send", {"message": message}, path, version=None, timeout=60)
    assert "result" in answer, answer
    return answer["result"]


def text_of(task):
    parts = [part for one in task.get("artifacts", []) for part in one["parts"]]
    return "".join(part.get("text", "") for part in parts)


def test_controller(folder):
    """Sessions, events and tasks of a stock runtime live in Flotilla, over a kill of the runtime."""
    with Model() as model, Server(folder) as server:
        port = free_port()
        apply(
            server,
            {
                "apiVersion": "flotilla.dev/v1",
                "kind": "Agent",
                "metadata": {"name": "helper"},
                "spec": {"remote": {"url": f"http://127.0.0.1:{port}"}},
            },
        )
        runtime = Runtime(folder, server, model, "helper")
        try:
            runtime.start(port)
            wait_ready(server, "helper")
            task = send(server, "helper", "My name is Ada.")
            assert task["status"]["state"] == "completed", task
            assert text_of(task) == "heard: My name is Ada.", text_of(task)
            context = task["contextId"]
            send(server, "helper", "And I like tea.", context)
            runtime.kill()
            runtime.start(port)
            wait_ready(server, "helper")
            deadline = time.monotonic() + START
            while True:  # until the new process listens
                last = send(server, "helper", "Who am I?", context)
                if last["status"]["state"] == "completed" or time.monotonic() > deadline:
                    break
                time.sleep(1)
            assert last["status"]["state"] == "completed", last
            said = model.requests[-1]["messages"]
            users = [one["content"] for one in said if one["role"] == "user"]
            flat = json.dumps(users)
            for text in ("My name is Ada.", "And I like tea.", "Who am I?"):
                assert text in flat, (text, users)
            check_stored(server, model)
        except AssertionError:
            runtime.output.flush()
            with open(runtime.output.name, encoding="utf-8") as log:
                print(log.read()[-4000:])
            raise
        finally:
            runtime.kill()


def check_stored(server, model):
    """What the runtime left with us can be read as kagent's clients read it."""
    sessions = server.get("/kagent/api/sessions")["data"]
    assert any(one.get("agent_id") == "default__NS__helper" for one in sessions), sessions
    context = next(one["id"] for one in sessions if one.get("agent_id") == "default__NS__helper")
    tasks = server.get(f"/kagent/api/sessions/{context}/tasks")["data"]
    assert len(tasks) >= 3 and all(task["kind"] == "task" for task in tasks), tasks
    mine = server.get("/kagent/api/sessions/agent/default/helper")["data"]
    assert mine, mine


def test_byo(folder):
    """kagent's YAML of a BYO agent: Flotilla starts the command and stops it with itself."""
    with Model() as model, Server(folder) as server:
        config = write_config(os.path.join(folder, "config"), model, False)
        environment = runtime_environment(server, "byo-helper")
        wanted = ("KAGENT_URL", "KAGENT_NAME", "KAGENT_NAMESPACE", "OPENAI_API_KEY")
        command = f"exec '{KAGENT_ADK}' static --host 127.0.0.1 --port $PORT --filepath '{config}'"
        apply(
            server,
            {
                "apiVersion": "kagent.dev/v1alpha2",
                "kind": "Agent",
                "metadata": {"name": "byo-helper"},
                "spec": {
                    "type": "BYO",
                    "description": "Helps",
                    "byo": {
                        "deployment": {
                            "cmd": "/bin/sh",
                            "args": ["-c", command],
                            "env": [{"name": name, "value": environment[name]} for name in wanted],
                        }
                    },
                },
            },
        )
        # Its default of 30 s to start is short for Python under a test's load.
        patch = {"spec": {"byo": {"startTimeout": f"{START}s"}}}
        path = "/api/v1/namespaces/default/agents/byo-helper"
        answer = server.call("PATCH", path, body=patch)
        assert answer.status == 200, answer.text()
        deadline = time.monotonic() + START
        while True:
            task = send_patiently(server, "byo-helper", "Hello.")
            if task["status"]["state"] == "completed" or time.monotonic() > deadline:
                break
            time.sleep(1)
        assert task["status"]["state"] == "completed", task
        assert text_of(task) == "heard: Hello.", task


def send_patiently(server, name, text):
    message = {
        "kind": "message",
        "messageId": str(uuid.uuid4()),
        "role": "user",
        "parts": [{"kind": "text", "text": text}],
    }
    path = f"/kagent/api/a2a/default/{name}"
    answer = server.rpc("message/send", {"message": message}, path, version=None, timeout=START)
    assert "result" in answer, answer
    return answer["result"]


def main():
    passed = failed = 0
    tests = {name: one for name, one in globals().items() if name.startswith("test_")}
    for name in sys.argv[1:] or tests:
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="interop-kagent-") as folder:
            try:
                tests[name](folder)
                passed += 1
                verdict = "passed"
            except Exception:
                failed += 1
                verdict = "FAILED"
                traceback.print_exc()
        print(f"{name}: {verdict} ({time.monotonic() - began:.1f} s)", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
