"""What agents ask people: who decides, what counts, over a kill, by every way."""

import json
import time

from calls import message_0_3, message_1_0
from cli_server import Cli
from server import Server, write_tokens

PEOPLE = [
    "alice operator default",
    "bob operator default",
    "vera viewer default",
    "erin admin team-b",
    "root admin default",
    "robot admin default agent",
]


def document(kind, name, **spec):
    metadata = {"name": name, "namespace": "default"}
    return {"apiVersion": "flotilla.dev/v1", "kind": kind, "metadata": metadata, "spec": spec}


CALL = {"name": "echo", "arguments": {"request": "{{input}}"}}
QUESTION = {"questions": [{"question": "which?", "choices": ["red", "blue"]}]}
ANSWERS = [
    {"when": {"input": "approve it"}, "text": "told"},
    {"when": {"step": 1, "input": "question"}, "toolCalls": [{"name": "ask_user", "arguments": QUESTION}]},
    {"when": {"step": 1}, "toolCalls": [CALL]},
    {"text": "{{result}}"},
]
ECHO = {"agent": {"name": "echo", "requireApproval": True}}
GUARD = {"tools": ["echo"], "approvers": {"roles": ["admin"]}, "expires": "1s"}
MANIFESTS = [
    document("ModelConfig", "default", provider="scripted", model="m", script={"inline": {"answers": ANSWERS}}),
    document("Policy", "guard", approvals=[GUARD]),
    document("Agent", "asker", description="Asks.", declarative={"systemMessage": "x", "tools": [ECHO]}),
    document(
        "Agent",
        "guarded",
        description="Is guarded.",
        declarative={
            "systemMessage": "x",
            "tools": [{"agent": {"name": "echo"}}],
            "policies": ["guard"],
        },
    ),
]


def prepared(folder, **options):
    write_tokens(f"{folder}/tokens.yaml", PEOPLE)
    return Server(folder, "--tokens", f"{folder}/tokens.yaml", **options)


def is_ready(server, agent, token):
    view = server.get(f"/api/v1/namespaces/default/agents/{agent}", token)
    conditions = view.get("status", {}).get("conditions", [])
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def apply(server, token="root"):
    answer = server.call("POST", "/api/v1/apply", body=MANIFESTS, token=token)
    assert answer.status == 200, answer.text()
    deadline = time.monotonic() + 20
    while not all(is_ready(server, agent, token) for agent in ("asker", "guarded")):
        assert time.monotonic() < deadline, "the agents do not become ready"
        time.sleep(0.02)


def send(server, text, agent="asker", token="alice", **members):
    params = {"message": message_1_0(text, **members)}
    return server.rpc("SendMessage", params, path=f"/a2a/default/{agent}", token=token)


def waiting(server, checks, text="hello", agent="asker"):
    """A task of alice's that waits, and its one item."""
    task = send(server, text, agent)["result"]["task"]
    checks.equal(task["status"]["state"], "TASK_STATE_INPUT_REQUIRED", task)
    items = server.get(f"/api/v1/approvals?task={task['id']}&state=pending", "root")["items"]
    checks.equal(len(items), 1, items)
    return task, items[0]


def decide(server, item, body, token="alice"):
    return server.call("POST", f"/api/v1/approvals/{item['id']}/decide", body=body, token=token)


def ended(server, task, wait=20):
    deadline = time.monotonic() + wait
    while time.monotonic() < deadline:
        now = server.rpc("GetTask", {"id": task["id"]}, path="/", token="alice")["result"]
        if now["status"]["state"] in ("TASK_STATE_COMPLETED", "TASK_STATE_FAILED"):
            return now
        time.sleep(0.02)
    raise AssertionError("the task goes on")


def said(task):
    return " ".join(part.get("text", "") for one in task["artifacts"] for part in one["parts"])


def test_who_may_decides_once(checks, folder):
    with prepared(folder) as server:
        apply(server)
        task, item = waiting(server, checks)
        approve = {"decision": "approve"}
        for who, status in (("bob", 404), ("erin", 404), ("vera", 403), ("robot", 403)):
            answer = decide(server, item, approve, who)
            checks.equal(answer.status, status, who, answer.text())
        for body in ({}, {"decision": "yes"}, {**approve, "more": 1}, {**approve, "reason": "x"}):
            checks.equal(decide(server, item, body).status, 400, body)
        wrong = decide(server, item, {**approve, "argumentsHash": "0" * 64})
        checks.equal(wrong.status, 409, wrong.text())
        words = send(server, "approve it", taskId=task["id"])["result"]["task"]
        checks.equal(words["status"]["state"], "TASK_STATE_INPUT_REQUIRED")
        edited = {**approve, "arguments": {"request": "edited"}, "argumentsHash": item["argumentsHash"]}
        checks.equal(decide(server, item, edited).status, 200)
        checks.equal(decide(server, item, {"decision": "reject"}).status, 409)
        checks.equal(said(ended(server, task)), "told")
        journal = server.get(f"/api/v1/tasks/{task['id']}/events?limit=500", "alice")["items"]
        approvals = [one for one in journal if one["kind"] == "approval"]
        checks.equal([one["actor"] for one in approvals], ["asker", "alice"], approvals)
        steps = [one["payload"] for one in journal if one["kind"] == "step"]
        made = [one["arguments"] for one in steps if one["phase"] == "intent" and "arguments" in one]
        checks.equal(made, ['{"request":"edited"}'], steps)


def test_policies_name_who_decides_and_how_long(checks, folder):
    with prepared(folder) as server:
        apply(server)
        task, item = waiting(server, checks, agent="guarded")
        checks.equal(decide(server, item, {"decision": "approve"}).status, 403)
        data = {"data": {"decision_type": "approve"}}
        parts = [{"text": "approved"}, data]
        message = message_1_0("x", taskId=task["id"], parts=parts)
        request = {"jsonrpc": "2.0", "id": 1, "method": "SendMessage", "params": {"message": message}}
        headers = {"A2A-Version": "1.0"}
        refused = server.call("POST", "/a2a/default/guarded", headers, request, "alice")
        checks.equal(refused.status, 403, refused.text())
        time.sleep(1.1)
        late = decide(server, item, {"decision": "approve"}, "root")
        checks.equal(late.status, 409, late.text())
        checks.that("not approved in time" in said(ended(server, task, 40)))


def test_both_forms_of_kagent(checks, folder):
    with prepared(folder) as server:
        apply(server)
        task, item = waiting(server, checks)
        message = message_0_3("approved", taskId=task["id"], contextId=task["contextId"])
        message["parts"].append({"kind": "data", "data": {"decision_type": "approve"}})
        old = server.rpc(
            "message/send", {"message": message}, "/a2a/default/asker", "alice", version="0.3"
        )
        checks.equal(old["result"]["status"]["state"], "completed", old)
        task, item = waiting(server, checks)
        uri = "https://kagent.dev/extensions/hitl/v1"
        checks.equal(task["status"]["message"]["extensions"], [uri])
        one = {"id": item["id"], "approved": False, "rejection_reason": "no"}
        for approvals, passes in (([], False), ([one, one], False), ([one], True)):
            payload = {"type": "tool_approval_response", "approvals": approvals}
            members = {"taskId": task["id"], "metadata": {uri: payload}, "extensions": [uri]}
            checks.equal("result" in send(server, "no", **members), passes, approvals)
        checks.equal(said(ended(server, task)), "Tool call was rejected by user. Reason: no")


def test_a_decision_after_a_kill(checks, folder):
    with prepared(folder, database=f"sqlite:{folder}/store.db") as server:
        apply(server)
        task, item = waiting(server, checks)
        server.keep_port()
        server.kill()
        server.start()
        checks.equal(decide(server, item, {"decision": "approve"}).status, 200)
        checks.equal(said(ended(server, task)), "hello")


def test_the_command_line(checks, folder):
    with Server(folder) as server:
        apply(server, None)
        cli = Cli(folder, server)
        asked = cli.run("send", "-a", "asker", "a question")
        checks.equal(asked.returncode, 5, asked.stdout, asked.stderr)
        names = cli.run("approvals", "list", "-o", "name").stdout.split()
        checks.equal(len(names), 1, names)
        shown = cli.run("approvals", "get", names[0]).stdout
        checks.that("which?" in shown and "  - blue" in shown, shown)
        answered = cli.run("approvals", "answer", names[0], "blue")
        checks.equal((answered.returncode, answered.stdout), (0, "which?: answered\n"))
        again = cli.run("approvals", "answer", names[0], "red")
        checks.that(again.returncode != 0 and "decided before" in again.stderr, again.stderr)
        cli.run("send", "-a", "asker", "call")
        name = cli.run("approvals", "list", "-o", "name").stdout.strip()
        checks.equal(cli.run("approvals", "approve", name, "--for-session").returncode, 0)
        checks.equal(cli.run("approvals", "revoke", name).returncode, 0)
        view = json.loads(cli.run("approvals", "get", name, "-o", "json").stdout)
        checks.equal((view["state"], view["scope"], view["revoked"]), ("approved", "session", True))
        checks.equal(cli.run("approvals", "get", "nowhere").returncode, 7)
