"""What each binding says in its own way: envelopes, statuses, media types, versions."""

import uuid

from bindings import JsonRpc, Rest, message, send
from suite import covers

ERRORS = [  # operation and params, reason, JSON-RPC code, HTTP status, google.rpc status
    (("GetTask", {"id": "none"}), "TASK_NOT_FOUND", -32001, 404, "NOT_FOUND"),
    ("cancel an ended task", "TASK_NOT_CANCELABLE", -32002, 400, "FAILED_PRECONDITION"),
    ("send to an ended task", "UNSUPPORTED_OPERATION", -32004, 400, "FAILED_PRECONDITION"),
    ("send a media type", "CONTENT_TYPE_NOT_SUPPORTED", -32005, 400, "INVALID_ARGUMENT"),
    ("ask for version 99.0", "VERSION_NOT_SUPPORTED", -32009, 400, "FAILED_PRECONDITION"),
]


def provoke(binding, what):
    if not isinstance(what, str):
        return binding.call(*what)
    if what == "ask for version 99.0":
        return binding.call("SendMessage", send(), {"A2A-Version": "99.0"})
    if what == "send a media type":
        params = send()
        params["message"]["parts"][0]["mediaType"] = "application/x-unsupported-tck-type"
        return binding.call("SendMessage", params)
    task = binding.call("SendMessage", send("x", "tck-complete-task")).task["id"]
    if what == "cancel an ended task":
        return binding.call("CancelTask", {"id": task})
    return binding.call("SendMessage", send(taskId=task))


@covers(
    "JSONRPC-ERR-001 JSONRPC-ERR-002 JSONRPC-ERR-003 JSONRPC-SSE-002 HTTP_JSON-ERR-001",
    "HTTP_JSON-ERR-002 HTTP_JSON-STATUS-001 BIND-EQUIV-003",
    "acts:CORE-ERR-008 acts:JSONRPC-ERR-003 acts:REST-STATUS-001 acts:REST-PD-001",
)
def test_errors_have_code_status_and_info(binding):
    for what, reason, code, status, name in ERRORS:
        answer = provoke(binding, what)
        assert answer.reason == reason and answer.error["message"], (what, answer.error)
        details = answer.error["data" if binding.name == "JSON-RPC" else "details"]
        assert all(one["@type"].startswith("type.googleapis.com/") for one in details), details
        assert [one["domain"] for one in details if "reason" in one] == ["a2a-protocol.org"], details
        if binding.name == "JSON-RPC":
            assert (answer.status, answer.error["code"]) == (200, code), answer.error
        else:
            assert (answer.status, answer.error["code"]) == (status, status), answer.error
            assert answer.error["status"] == name, answer.error


@covers(
    "JSONRPC-FMT-001 JSONRPC-FMT-002 JSONRPC-SVC-001 JSONRPC-SVC-002",
    "acts:JSONRPC-ENV-001 acts:JSONRPC-CT-001 acts:JSONRPC-ERR-001 acts:JSONRPC-ERR-002",
    "acts:CORE-ERR-006",
    bindings=False,
)
def test_json_rpc_envelopes(server):
    headers = {"A2A-Version": "1.0", "Content-Type": "application/json"}

    def post(body):
        response = server.call("POST", "/", headers, body)
        assert response.status == 200, response.status
        assert response.get("Content-Type").startswith("application/json"), response.headers
        assert response.json()["jsonrpc"] == "2.0", response.body
        return response.json()

    for identifier in (7, "seven", 0):
        request = {**JsonRpc.envelope("SendMessage", send()), "id": identifier}
        assert post(request)["id"] == identifier
    assert post("{not json")["error"]["code"] == -32700
    assert post({"jsonrpc": "2.0", "id": 1, "params": {}})["error"]["code"] in (-32600, -32602)
    assert post({"id": 1, "method": "GetTask", "params": {}})["error"]["code"] == -32600
    for method in ("NoSuchMethod", "message/send", "sendMessage"):
        assert post(JsonRpc.envelope(method, {}))["error"]["code"] == -32601, method
    assert post([JsonRpc.envelope("GetTask", {"id": "x"})])["error"]["code"] == -32600


@covers(
    "HTTP_JSON-URL-001 HTTP_JSON-URL-002 HTTP_JSON-SVC-001 HTTP_JSON-SVC-002 HTTP_JSON-QP-001",
    "acts:REST-CT-001",
    bindings=False,
)
def test_rest_methods_paths_and_media_types(server):
    rest = Rest(server)
    own = rest.call("SendMessage", send("x", "tck-complete-task"))
    assert own.response.get("Content-Type").startswith("application/a2a+json"), own.response.headers
    plain = rest.call("SendMessage", send(), {"Accept": "application/json"})
    assert plain.response.get("Content-Type").startswith("application/json")
    wrong = rest.call("SendMessage", send(), {"Content-Type": "text/plain"})
    assert wrong.reason == "CONTENT_TYPE_NOT_SUPPORTED", wrong.error
    task = rest.call("SendMessage", send("x", "tck-input-required")).task["id"]
    for method in ("GET", "POST"):
        stream = rest.open(method, f"/tasks/{task}:subscribe")
        assert stream.refused is None and "task" in next(iter(stream)), method
        stream.close()
    assert rest.exchange("PUT", f"/tasks/{task}").status == 405
    assert rest.exchange("GET", "/no/such/path").status == 404
    listed = rest.exchange("GET", "/tasks?pageSize=1&includeArtifacts=true&status=TASK_STATE_COMPLETED")
    assert listed.status == 200 and listed.json()["pageSize"] == 1, listed.body


@covers(
    "BIND-EQUIV-001 BIND-EQUIV-002", bindings=False
)
def test_both_bindings_show_one_task_alike(server):
    rpc, rest = JsonRpc(server), Rest(server)
    for maker, other in ((rpc, rest), (rest, rpc)):
        made = maker.call("SendMessage", send("x", "tck-artifact-data")).task
        assert other.call("GetTask", {"id": made["id"]}).result == made
        page = other.call("ListTasks", {"contextId": made["contextId"], "includeArtifacts": True})
        assert page.result["tasks"][0]["artifacts"] == made["artifacts"]
        missing = str(uuid.uuid4())
        reasons = {one.call("GetTask", {"id": missing}).reason for one in (maker, other)}
        assert reasons == {"TASK_NOT_FOUND"}


@covers(
    "VER-SERVER-001 VER-SERVER-002 VER-SERVER-003 VER-CLIENT-002",
    "acts:VER-NEG-001 acts:VER-NEG-002",
    bindings=False,
)
def test_versions(server):
    rpc, rest = JsonRpc(server), Rest(server)
    for version in ("1.0", "1.0.1", "1.7"):
        assert rpc.call("SendMessage", send(), {"A2A-Version": version}).task, version
        assert rest.call("SendMessage", send(), {"A2A-Version": version}).task, version
    for binding in (rpc, rest):
        answer = binding.call("SendMessage", send(), {"A2A-Version": "99.0"})
        assert answer.reason == "VERSION_NOT_SUPPORTED", answer.error
    for absent in (None, "", "0.3"):  # 0.3 then: it has other methods
        answer = rpc.call("SendMessage", send(), {"A2A-Version": absent})
        assert answer.error["code"] == -32601, answer.error
        old = {"kind": "message", "messageId": str(uuid.uuid4()), "role": "user",
               "parts": [{"kind": "text", "text": "hi"}]}
        answer = rpc.call("message/send", {"message": old}, {"A2A-Version": absent})
        assert answer.result["kind"] == "task" and answer.result["status"]["state"] == "completed"


@covers("CORE-CAP-004")
def test_required_extensions_would_be_told(binding):
    """The front desk requires none: a request with unknown ones is served."""
    answer = binding.call("SendMessage", send(), {"A2A-Extensions": "https://example.com/none/v1"})
    assert answer.task["id"]


@covers("DM-SERIAL-004")
def test_an_id_is_made_for_messages_without_one_in_this_mode(binding):
    bare = message("tck-complete-task")
    del bare["messageId"]
    task = binding.call("SendMessage", {"message": bare}).task
    assert task["history"][0]["messageId"], task
    elsewhere = type(binding)(binding.server, "/a2a/default/echo")
    answer = elsewhere.call("SendMessage", {"message": bare})
    assert answer.error and "messageId" in str(answer.error), answer.result
