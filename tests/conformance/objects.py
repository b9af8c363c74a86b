"""Parts, artifacts and how values are spelled; the client's side by canned answers."""

import base64
import re

from bindings import send
from suite import covers

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def part(binding, name):
    by_id = binding.call("SendMessage", send("x", name)).task
    by_text = binding.call("SendMessage", send(name + " please")).task
    parts = [task["artifacts"][0]["parts"][0] for task in (by_id, by_text)]
    assert parts[0] == parts[1], parts
    assert by_id["artifacts"][0]["artifactId"], by_id
    return parts[0]


@covers("DM-ART-001 DM-PART-001", "acts:DM-ART-001 acts:DM-ART-002 acts:DM-ART-003 acts:DM-ART-004")
def test_artifacts_of_each_kind(binding):
    file = {"filename": "output.txt", "mediaType": "text/plain"}
    assert part(binding, "tck-artifact-text") == {"text": "Generated text content"}
    assert part(binding, "tck-artifact-data") == {"data": {"key": "value", "count": 42}}
    url = {"url": "https://example.com/output.txt", **file}
    assert part(binding, "tck-artifact-file-url") == url
    raw = part(binding, "tck-artifact-file")
    assert base64.b64decode(raw.pop("raw"), validate=True) and raw == file, raw


def keys_and_values(value, at=""):
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name, inner, at
            yield from keys_and_values(inner, at + "/" + name)
    elif isinstance(value, list):
        for inner in value:
            yield from keys_and_values(inner, at)


@covers(
    "DM-SERIAL-001 DM-SERIAL-002 DM-SERIAL-003",
    "acts:DM-FMT-001 acts:DM-FMT-002 acts:DM-SERIAL-001 acts:DM-SERIAL-002",
)
def test_names_enums_and_times_are_spelled_as_proto_json(binding):
    task = binding.call("SendMessage", send("x", "tck-artifact-file")).task
    found = list(keys_and_values(task))
    assert not [name for name, _, _ in found if "_" in name], found
    known = {"id", "contextId", "status", "artifacts", "history"}
    assert set(task) <= known, set(task) - known
    times = [value for name, value, _ in found if name == "timestamp"]
    assert times and all(TIME.fullmatch(one) for one in times), times
    assert all(v.startswith("TASK_STATE_") for name, v, _ in found if name == "state")
    assert all(v.startswith("ROLE_") for name, v, _ in found if name == "role")
    assert not [one for one in found if one[1] in (None, "", [])], found


@covers("HTTP_JSON-QP-001")
def test_snake_case_is_understood_too(binding):
    sent = binding.call("SendMessage", send("tck-multi-turn", configuration={"return_immediately": False})).task
    task = binding.call("GetTask", {"id": sent["id"], "history_length": 0}).result
    assert not task.get("history"), task
    listed = binding.call("ListTasks", {"context_id": sent["contextId"], "page_size": 5}).result
    assert listed["pageSize"] == 5 and len(listed["tasks"]) == 1, listed


def parsed(binding, operation, payload):
    params = send("tck-client-parse")
    params["message"]["parts"].append({"data": {"operation": operation, "wire_payload": payload}})
    return binding.call("SendMessage", params).task["artifacts"][0]["parts"][0]["data"]


def envelope(result):
    return {"jsonrpc": "2.0", "id": "req-1", "result": result}


TASK = {
    "id": "t-1",
    "contextId": "c-1",
    "status": {
        "state": "TASK_STATE_INPUT_REQUIRED",
        "timestamp": "2025-05-25T20:10:00Z",
        "message": {"messageId": "m", "role": "ROLE_AGENT", "parts": [{"text": "More?"}]},
    },
    "artifacts": [
        {"artifactId": "a", "parts": [{"text": "x"}, {"data": {"t": 72.5}}]},
        {"artifactId": "b", "parts": [{"url": "https://example.com/r.pdf", "filename": "r.pdf"}]},
    ],
    "history": [{"role": "ROLE_USER", "parts": [{"text": "no id"}]}],
}


@covers(
    "acts:CLIENT-PARSE-001 acts:CLIENT-PARSE-002 acts:CLIENT-PARSE-003 acts:CLIENT-PARSE-005",
    "acts:CLIENT-PARSE-006",
)
def test_our_client_reads_tasks_and_messages(binding):
    got = parsed(binding, "send_message", envelope({"task": TASK}))["task"]
    assert got["status"]["message"]["parts"] == [{"text": "More?"}], got
    got = parsed(binding, "get_task", envelope(TASK))
    assert got["artifacts"] == TASK["artifacts"] and len(got["history"]) == 1, got
    said = {"messageId": "m", "role": "ROLE_AGENT", "parts": [{"text": "hi"}]}
    assert parsed(binding, "send_message", envelope({"message": said})) == {"message": said}


@covers("acts:CLIENT-PARSE-004")
def test_our_client_reads_errors(binding):
    fault = {"code": -32001, "message": "Task not found", "data": {"taskId": "x"}}
    got = parsed(binding, "get_task", {"jsonrpc": "2.0", "id": 1, "error": fault})
    assert got["error"]["code"] == -32001 and "not found" in got["error"]["message"], got


@covers("acts:CLIENT-AUTH-001 acts:CLIENT-CAP-001")
def test_our_client_reads_cards(binding):
    card = {
        "name": "A",
        "version": "1",
        "capabilities": {"streaming": False, "pushNotifications": False, "extendedAgentCard": True},
        "skills": [{"id": "s", "name": "S"}],
        "supportedInterfaces": [
            {"url": "https://example.com/", "protocolBinding": "REST", "protocolVersion": "1.0"}
        ],
    }
    for operation in ("get_agent_card", "get_extended_agent_card"):
        got = parsed(binding, operation, card)
        assert got["capabilities"] == card["capabilities"] and len(got["skills"]) == 1, got
