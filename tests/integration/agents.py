"""Declared agents from the outside: YAML to answer, a run over kill -9 with an approval, conditions."""

import json
import os
import sys
import time

from cli_server import Cli, said
from durability import on_disk
from server import ROOT, Server

MCP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness", "mcp_server.py")
AGENTS = "/api/v1/namespaces/default/agents"


def script(*answers):
    return {
        "apiVersion": "flotilla.dev/v1",
        "kind": "ModelConfig",
        "metadata": {"name": "scripted"},
        "spec": {
            "provider": "scripted",
            "model": "m",
            "script": {"inline": {"answers": list(answers)}},
        },
    }


def tool_server(name="tools"):
    return {
        "apiVersion": "flotilla.dev/v1",
        "kind": "ToolServer",
        "metadata": {"name": name},
        "spec": {"command": sys.executable, "args": [MCP, "stdio"]},
    }


def agent(name, **declarative):
    return {
        "apiVersion": "flotilla.dev/v1",
        "kind": "Agent",
        "metadata": {"name": name},
        "spec": {
            "description": "Helps.",
            "declarative": {"model": "scripted", "systemMessage": "You help.", **declarative},
        },
    }


def apply(checks, server, *documents):
    answer = server.call("POST", "/api/v1/apply", body=list(documents))
    checks.equal(answer.status, 200, answer.text())
    for item in answer.json().get("items", []):
        checks.that("error" not in item, item)


def condition(server, path, kind):
    status = server.get(path).get("status", {})
    found = [one for one in status.get("conditions", []) if one["type"] == kind]
    return found[0] if found else {}


def until(holds, seconds=30):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = holds()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("it did not come about")


def ready(server, name):
    return until(lambda: condition(server, f"{AGENTS}/{name}", "Ready").get("status") == "True")


def send(server, name, text, path=None, **more):
    params = {
        "message": {"messageId": f"m-{text}", "role": "ROLE_USER", "parts": [{"text": text}]},
        **more,
    }
    envelope = server.rpc("SendMessage", params, path or f"/a2a/default/{name}", timeout=60)
    return envelope["result"]["task"]


def text_of(task):
    parts = [part for one in task.get("artifacts", []) for part in one["parts"]]
    return "".join(part.get("text", "") for part in parts)


def state(server, task):
    return server.get(f"/api/v1/tasks/{task}")["state"]


def steps_of(server, path):
    return [one["payload"] for one in server.get(path)["items"] if one["kind"] == "step"]


def test_apply_to_answer(checks, folder):
    """What is applied answers once it is ready, over A2A, at the front desk and on the command line."""
    with Server(folder) as server:
        apply(checks, server, script({"text": "You said {{input}}."}), agent("parrot"))
        ready(server, "parrot")
        task = send(server, "parrot", "hello")
        checks.equal(task["status"]["state"], "TASK_STATE_COMPLETED", task)
        checks.equal(text_of(task), "You said hello.")
        said(checks, Cli(folder, server).run("send", "-a", "parrot", "hi"), 0, "You said hi.")
        card = server.get("/a2a/default/parrot/.well-known/agent-card.json")
        checks.equal((card["name"], card["description"]), ("parrot", "Helps."))


def test_kill_and_approve(checks, folder):
    """kill -9 while the model thinks: the run goes on after the restart, asks for its approval, is
    killed again, and is done once somebody has approved. No finished step is made again."""
    documents = [
        script(
            {"when": {"step": 1}, "toolCalls": [{"name": "echo", "arguments": {"text": "one"}}]},
            {
                "when": {"tool": "echo", "step": 2},
                "wait": "3s",
                "toolCalls": [{"name": "slow", "arguments": {"seconds": 0, "text": "{{result}}"}}],
            },
            {"text": "Done: {{result.slow}}"},
        ),
        tool_server(),
        agent("doer", tools=[{"toolServer": {"name": "tools", "requireApproval": ["slow"]}}]),
    ]
    server = on_disk(folder)
    with server:
        server.keep_port()
        apply(checks, server, *documents)
        ready(server, "doer")
        task = send(server, "doer", "go", configuration={"returnImmediately": True})["id"]
        steps = f"/api/v1/tasks/{task}/events?limit=500"
        until(lambda: len(steps_of(server, steps)) >= 3)
        server.kill()
        server.start()
        until(lambda: state(server, task) == "TASK_STATE_INPUT_REQUIRED")
        server.kill()
        server.start()
        cli = Cli(folder, server)
        listed = json.loads(cli.run("approvals", "list", "-o", "json").stdout)
        items = listed if isinstance(listed, list) else listed["items"]
        checks.equal([one["tool"] for one in items], ["slow"], listed)
        said(checks, cli.run("approvals", "approve", items[0]["id"]), 0, "")
        until(lambda: state(server, task) == "TASK_STATE_COMPLETED")
        done = server.rpc("GetTask", {"id": task}, "/a2a/default/doer")["result"]
        checks.equal(text_of(done), "Done: one", done)
        entries = steps_of(server, steps)
        intents = [one["name"] for one in entries if one["phase"] == "intent"]
        checks.equal(intents, ["echo", "slow"], entries)


def test_stop_in_a_call(checks, folder):
    """SIGTERM while a tool works: the call has no result that the stop made up; the next start asks
    a person, for the tool may have had its effect."""
    documents = [
        script(
            {"when": {"step": 1}, "toolCalls": [{"name": "slow", "arguments": {"seconds": 60}}]},
            {"text": "Done: {{result.slow}}"},
        ),
        tool_server(),
        agent("doer", tools=[{"toolServer": {"name": "tools"}}]),
    ]
    server = on_disk(folder)
    with server:
        server.keep_port()
        apply(checks, server, *documents)
        ready(server, "doer")
        task = send(server, "doer", "go", configuration={"returnImmediately": True})["id"]
        steps = f"/api/v1/tasks/{task}/events?limit=500"
        until(lambda: any(one["phase"] == "intent" for one in steps_of(server, steps)))
        server.stop()
        server.start()
        until(lambda: state(server, task) == "TASK_STATE_INPUT_REQUIRED")
        told = [one for one in steps_of(server, steps) if one["type"] == "tool"]
        checks.equal([one["phase"] for one in told], ["intent"], told)


def test_kagent_yaml(checks, folder):
    """kagent's manifests by --apply, REST and the command line; each field without effect is told."""
    path = os.path.join(folder, "kagent.yaml")
    with open(os.path.join(ROOT, "examples/agents/kagent.yaml"), encoding="utf-8") as file:
        given = file.read()
    # The tool server of the test needs no network.
    given = given.replace("cmd: npx", "cmd: " + sys.executable)
    given = given.replace('["-y", "@modelcontextprotocol/server-everything"]', f'["{MCP}", "stdio"]')
    given = given.replace("get-sum", "slow")
    with open(path, "w", encoding="utf-8") as file:
        file.write(given)
    with Server(folder, "--apply", path) as server:
        found = condition(server, f"{AGENTS}/assistant", "UnsupportedFeatures")
        checks.equal(found.get("status"), "True", found)
        checks.that("/spec/declarative/runtime: " in found.get("message", ""), found)
        ready(server, "assistant")
        cli = Cli(folder, server)
        said(checks, cli.run("apply", "-f", path), 0, "unchanged")
        said(checks, cli.run("get", "modelconfigs"), 0, "default-model-config")
        said(checks, cli.run("get", "toolservers"), 0, "everything")
        wrong = given.replace("modelConfig", "x").replace("stream: true", "streem: true")
        with open(path, "w", encoding="utf-8") as file:
            file.write(wrong)
        refused = cli.run("apply", "-f", path)
        checks.equal(refused.returncode, 1, refused.stdout)
        checks.that("/spec/declarative/streem" in refused.stderr, refused.stderr)
        body = {
            "apiVersion": "kagent.dev/v1alpha1",
            "kind": "MCPServer",
            "metadata": {"name": "boxed"},
            "spec": {"transportType": "stdio", "deployment": {"image": "x/y:1"}},
        }
        answer = server.call("POST", "/api/v1/namespaces/default/toolservers", body=body)
        checks.equal(answer.status, 200, answer.text())
        at = "/api/v1/namespaces/default/toolservers/boxed"
        until(lambda: condition(server, at, "Accepted").get("status") == "False")
        checks.that("Kubernetes" in condition(server, at, "Accepted")["message"])
        said(checks, cli.run("delete", "-f", write(folder, body)), 0, "deleted")


def write(folder, document):
    path = os.path.join(folder, "one.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(document, file)
    return path


def test_kagent_facade(checks, folder):
    """What kagent's command line asks for."""
    with Server(folder) as server:
        apply(checks, server, script({"text": "You said {{input}}."}), agent("parrot"))
        checks.equal(server.call("GET", "/kagent/health").status, 200)
        checks.that("flotilla" in server.get("/kagent/version")["kagent_version"])
        names = [one["agent"]["metadata"]["name"] for one in server.get("/kagent/api/agents")["data"]]
        checks.that({"parrot", "echo"} <= set(names), names)
        one = server.get("/kagent/api/agents/default/parrot?user_id=admin@kagent.dev")["data"]
        checks.equal((one["accepted"], one["id"]), (True, "default__NS__parrot"), one)
        # Its messages have no id.
        message = {"kind": "message", "role": "user", "parts": [{"kind": "text", "text": "hi"}]}
        path = "/kagent/api/a2a/default/parrot"
        task = server.rpc("message/send", {"message": message}, path, version=None)["result"]
        checks.equal(task["status"]["state"], "completed", task)
        sessions = server.get("/kagent/api/sessions?user_id=admin@kagent.dev")["data"]
        checks.equal([one["id"] for one in sessions], [task["contextId"]], sessions)
        tasks = server.get(f"/kagent/api/sessions/{task['contextId']}/tasks")["data"]
        checks.equal([one["id"] for one in tasks], [task["id"]])
        card = server.call("GET", path + "/.well-known/agent-card.json")
        checks.equal(card.status, 200, card.text())
        listed = server.call("GET", "/kagent/api/feedback")
        checks.equal(listed.status, 501, listed.text())
