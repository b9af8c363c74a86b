"""Sending, getting, listing, cancelling; several turns; history."""

import time
import uuid

from bindings import message, send, state
from suite import covers

DONE = "TASK_STATE_COMPLETED"
ASKS = "TASK_STATE_INPUT_REQUIRED"


@covers(
    "CORE-SEND-001 CORE-MULTI-001 CORE-MULTI-001a CORE-MULTI-003 CORE-EXECUTION-MODE-001",
    "DM-TASK-001 DM-TASK-002 DM-STATUS-001",
    "acts:CORE-SEND-001 acts:DM-FMT-002",
)
def test_a_blocking_send_answers_with_the_ended_task(binding):
    first = binding.call("SendMessage", send("x", "tck-complete-task")).task
    second = binding.call("SendMessage", send("tck-complete-task again")).task
    for task in (first, second):
        assert task["id"] and task["contextId"], task
        assert task["status"]["state"] == DONE, task
        assert task["status"]["message"]["parts"] == [{"text": "Hello from TCK"}], task
    assert first["id"] != second["id"] and first["contextId"] != second["contextId"]


@covers("CORE-SEND-002", "acts:CORE-SEND-002 acts:CORE-ERR-004")
def test_an_ended_task_takes_no_message(binding):
    task = binding.call("SendMessage", send("x", "tck-complete-task")).task
    again = binding.call("SendMessage", send("more", taskId=task["id"]))
    assert again.reason == "UNSUPPORTED_OPERATION", again.error
    stream = binding.stream("SendStreamingMessage", send("more", taskId=task["id"]))
    assert stream.refused is not None


@covers("CORE-SEND-003", "acts:CORE-SEND-004")
def test_undeclared_media_types_are_refused(binding):
    params = send()
    params["message"]["parts"] = [{"text": "x", "mediaType": "application/x-unsupported-tck-type"}]
    assert binding.call("SendMessage", params).reason == "CONTENT_TYPE_NOT_SUPPORTED"
    params["message"]["parts"] = [{"text": "x", "mediaType": "text/plain"}]
    assert binding.call("SendMessage", params).task["status"]["state"] == DONE


@covers("DM-MSG-001 DM-MSG-002", "acts:CORE-SEND-003 acts:DM-FMT-002 acts:DM-FMT-003")
def test_an_agent_may_answer_with_a_message(binding):
    for params in (send("x", "tck-message-response"), send("tck-message-response please")):
        result = binding.call("SendMessage", params).result
        assert list(result) == ["message"], result
        got = result["message"]
        assert got["messageId"] and got["role"] == "ROLE_AGENT", got
        assert got["parts"] == [{"text": "Direct message response"}], got
        assert "taskId" not in got and "contextId" not in got, got


@covers("CORE-GET-001 CORE-HIST-004", "acts:CORE-GET-001 acts:CORE-HIST-004")
def test_a_task_can_be_got(binding):
    sent = binding.call("SendMessage", send("tck-complete-task keep this")).task
    task = binding.call("GetTask", {"id": sent["id"]}).result
    assert task == sent
    assert [one["parts"][0]["text"] for one in task["history"]] == ["tck-complete-task keep this"]


@covers(
    "CORE-GET-002 CORE-CANCEL-003 CORE-MULTI-004 STREAM-SUB-004 CORE-ERR-001",
    "acts:CORE-ERR-001 acts:CORE-ERR-002 acts:CORE-ERR-005 acts:CORE-ERR-007 acts:CORE-ERR-009",
)
def test_unknown_tasks_are_not_found(binding):
    missing = str(uuid.uuid4())
    answers = [
        binding.call("GetTask", {"id": missing}),
        binding.call("CancelTask", {"id": missing}),
        binding.call("SendMessage", send(taskId=missing)),
    ]
    for answer in answers:
        assert answer.reason == "TASK_NOT_FOUND", answer.error
        assert missing in answer.error["message"], answer.error
    assert binding.stream("SubscribeToTask", {"id": missing}).refused is not None


@covers(
    "CORE-LIST-001 CORE-LIST-002 CORE-LIST-003 CORE-LIST-004",
    "acts:CORE-LIST-001 acts:CORE-LIST-003",
)
def test_lists_page_in_order(binding):
    context = binding.call("SendMessage", send("x", "tck-complete-task")).task["contextId"]
    for _ in range(4):
        time.sleep(0.002)  # the order is by time, in milliseconds
        binding.call("SendMessage", send("x", "tck-complete-task", contextId=context))
    found, token = [], ""
    while True:
        params = {"contextId": context, "pageSize": 2, **({"pageToken": token} if token else {})}
        page = binding.call("ListTasks", params).result
        assert page["pageSize"] == 2 and page["totalSize"] == 5, page
        found += page["tasks"]
        token = page["nextPageToken"]
        if not token:
            break
    assert len({one["id"] for one in found}) == 5
    times = [one["status"]["timestamp"] for one in found]
    assert times == sorted(times, reverse=True), times
    empty = binding.call("ListTasks", {"contextId": str(uuid.uuid4())}).result
    assert empty["tasks"] == [] and empty["nextPageToken"] == "" and empty["totalSize"] == 0, empty


@covers("CORE-LIST-005", "acts:CORE-LIST-002")
def test_lists_leave_artifacts_out_unless_asked(binding):
    task = binding.call("SendMessage", send("x", "tck-artifact-text")).task
    for asked, shown in (({}, False), ({"includeArtifacts": False}, False), ({"includeArtifacts": True}, True)):
        page = binding.call("ListTasks", {"contextId": task["contextId"], **asked}).result
        assert ("artifacts" in page["tasks"][0]) == shown, (asked, page)


@covers("CORE-CANCEL-001", "acts:CORE-CANCEL-001")
def test_running_and_waiting_tasks_are_cancelled(binding):
    running = send("tck-cancel", configuration={"returnImmediately": True})
    for params in (running, send("x", "tck-input-required")):
        task = binding.call("SendMessage", params).task
        canceled = binding.call("CancelTask", {"id": task["id"]}).result
        assert canceled["status"]["state"] == "TASK_STATE_CANCELED", canceled


@covers("CORE-CANCEL-002", "acts:CORE-CANCEL-002 acts:CORE-ERR-003")
def test_ended_tasks_are_not_cancelled(binding):
    task = binding.call("SendMessage", send("x", "tck-complete-task")).task
    assert binding.call("CancelTask", {"id": task["id"]}).reason == "TASK_NOT_CANCELABLE"


@covers("acts:CORE-FAIL-001")
def test_tasks_fail_and_are_rejected_with_a_reason(binding):
    for params, end in (
        (send("tck-task-failure x"), "TASK_STATE_FAILED"),
        (send("x", "tck-reject-task"), "TASK_STATE_REJECTED"),
        (send("tck-no-such-behaviour"), "TASK_STATE_FAILED"),
    ):
        status = binding.call("SendMessage", params).task["status"]
        assert status["state"] == end and status["message"]["parts"][0]["text"], status


@covers("CORE-EXECUTION-MODE-002", "acts:CORE-EXEC-001 acts:CORE-EXEC-002")
def test_a_send_returns_at_once_when_asked_and_polling_sees_the_end(binding):
    at_once = {"returnImmediately": True}
    task = binding.call("SendMessage", send("tck-long-running", configuration=at_once)).task
    seen = [task["status"]["state"]]
    end = time.monotonic() + 15
    while seen[-1] != DONE and time.monotonic() < end:
        time.sleep(0.05)
        seen.append(binding.call("GetTask", {"id": task["id"]}).result["status"]["state"])
    assert seen[0] in ("TASK_STATE_SUBMITTED", "TASK_STATE_WORKING"), seen
    assert "TASK_STATE_WORKING" in seen and seen[-1] == DONE, seen
    blocked = binding.call("SendMessage", send("x", "tck-delayed-complete")).task
    assert blocked["status"]["message"]["parts"] == [{"text": "Done after delay"}], blocked


@covers("acts:CORE-MULTI-001 acts:CORE-MULTI-005", "CORE-MULTI-005")
def test_a_task_of_several_turns(binding):
    task = binding.call("SendMessage", send("tck-multi-turn start")).task
    assert task["status"]["state"] == ASKS, task
    more = binding.call("SendMessage", send("more", taskId=task["id"])).task  # context inferred
    assert (more["id"], more["contextId"]) == (task["id"], task["contextId"])
    assert more["status"]["state"] == ASKS
    done = send("done now", taskId=task["id"], contextId=task["contextId"])
    assert binding.call("SendMessage", done).task["status"]["state"] == DONE


@covers("CORE-MULTI-006", "acts:CORE-MULTI-006 acts:CORE-MULTI-003")
def test_a_context_that_is_not_the_tasks_is_refused(binding):
    task = binding.call("SendMessage", send("x", "tck-input-required")).task
    answer = binding.call("SendMessage", send(taskId=task["id"], contextId=str(uuid.uuid4())))
    assert answer.error and answer.error["code"] in (-32602, 400), answer.error


@covers("CORE-MULTI-002 CORE-MULTI-002a", "acts:CORE-CTX-001")
def test_a_context_of_the_clients_own_is_kept_or_refused(binding):
    own = "ctx-" + str(uuid.uuid4())
    assert binding.call("SendMessage", send(contextId=own)).task["contextId"] == own
    answer = binding.call("SendMessage", send(contextId="c" * 257))
    assert answer.error["code"] in (-32602, 400), answer.error


@covers(
    "CORE-HIST-001 CORE-HIST-002 CORE-HIST-003 CORE-HIST-005 CORE-HIST-006",
    "acts:CORE-GET-002 acts:CORE-HIST-001 acts:CORE-HIST-002 acts:CORE-HIST-003",
    "acts:CORE-HIST-005 acts:CORE-HIST-006",
)
def test_history_is_chronological_and_limited(binding):
    task = binding.call("SendMessage", send("tck-multi-turn one")).task
    for text in ("two", "three", "done"):
        answer = binding.call("SendMessage", send(text, taskId=task["id"]))
    history = binding.call("GetTask", {"id": task["id"]}).result["history"]
    said = [one["parts"][0]["text"] for one in history]
    assert said == ["tck-multi-turn one", "two", "three", "done"], said
    short = binding.call("GetTask", {"id": task["id"], "historyLength": 2}).result
    assert short["history"] == history[-2:], short
    for none in (
        binding.call("GetTask", {"id": task["id"], "historyLength": 0}).result,
        binding.call("SendMessage", send(configuration={"historyLength": 0})).task,
    ):
        assert not none.get("history"), none
    assert answer.task["status"]["state"] == DONE


@covers("AUTH-INTASK-001 AUTH-INTASK-002 AUTH-INTASK-003 AUTH-INTASK-006", "acts:SEC-AUTH-005")
def test_an_agent_asks_for_authorization_within_its_task(binding):
    task = binding.call("SendMessage", send("tck-auth-required")).task
    assert task["status"]["state"] == "TASK_STATE_AUTH_REQUIRED", task
    assert task["status"]["message"]["parts"][0]["text"], task
    after = binding.call("SendMessage", send("granted", taskId=task["id"])).task
    assert after["status"]["state"] == DONE, after


@covers("CORE-ERR-002 DM-SERIAL-004")
def test_what_is_wrong_with_parameters_is_named(binding):
    faults = [
        ("SendMessage", {"message": message(parts=[])}, "parts"),
        ("SendMessage", {"message": message(role="ROLE_NOBODY")}, "role"),
        ("SendMessage", {}, "message"),
        ("ListTasks", {"pageSize": 1000}, "pageSize"),
        ("ListTasks", {"pageToken": "garbage"}, "pageToken"),
    ]
    for operation, params, field in faults:
        answer = binding.call(operation, params)
        assert answer.error and answer.error["code"] in (-32602, 400), (operation, params, answer.result)
        assert field in str(answer.error), answer.error


@covers("DM-SERIAL-005", "acts:DM-EXTRA-001")
def test_unknown_members_are_ignored(binding):
    params = send("x", "tck-complete-task")
    params["message"]["notKnown"] = {"a": 1}
    params["alsoNotKnown"] = True
    assert state({"task": binding.call("SendMessage", params).task}) == DONE
