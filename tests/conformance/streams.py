"""Streams: order, several at once, subscriptions."""

import threading
import uuid

from bindings import kind, send, state
from suite import covers

DONE = "TASK_STATE_COMPLETED"


def run_in(function):
    results = []
    thread = threading.Thread(target=lambda: results.append(function()))
    thread.start()
    return thread, results


@covers(
    "CORE-STREAM-001 CORE-STREAM-003 STREAM-ORDER-001 JSONRPC-SSE-001 HTTP_JSON-SSE-001 DM-ART-001",
    "acts:STREAM-SSE-001 acts:STREAM-SSE-002 acts:STREAM-SUB-002 acts:JSONRPC-SSE-001",
)
def test_a_stream_is_task_working_artifact_completed(binding):
    for params, text in (
        (send("x", "tck-stream-001"), "Stream hello from TCK"),
        (send("x", "tck-stream-003"), "Stream task lifecycle"),
        (send("x", "tck-stream-ordering-001"), "Ordered output"),
        (send("x", "tck-stream-artifact-text"), "Streamed text content"),
        (send("tck-stream-basic"), "Streamed content"),
    ):
        stream = binding.stream("SendStreamingMessage", params)
        assert stream.refused is None
        assert stream.head.get("Content-Type").startswith("text/event-stream")
        items = stream.all()
        kinds = ["task", "statusUpdate", "artifactUpdate", "statusUpdate"]
        assert [kind(one) for one in items] == kinds, items
        assert [state(one) for one in items[1::2]] == ["TASK_STATE_WORKING", DONE], items
        artifact = items[2]["artifactUpdate"]["artifact"]
        assert artifact["artifactId"] and artifact["parts"][0]["text"] == text, items
        ids = {one[kind(one)].get("taskId") or one["task"]["id"] for one in items}
        assert len(ids) == 1, items


@covers("acts:STREAM-SSE-003")
def test_chunks_are_appended_to_one_artifact(binding):
    for params, chunks in (
        (send("tck-stream-chunked"), ["chunk-1 ", "chunk-2 ", "chunk-3"]),
        (send("x", "tck-stream-artifact-chunked"), ["chunk-1 ", "chunk-2"]),
    ):
        items = binding.stream("SendStreamingMessage", params).all()
        updates = [one["artifactUpdate"] for one in items if kind(one) == "artifactUpdate"]
        assert [one["artifact"]["parts"][0]["text"] for one in updates] == chunks
        assert len({one["artifact"]["artifactId"] for one in updates}) == 1
        assert [one.get("append", False) for one in updates] == [False] + [True] * (len(chunks) - 1)
        assert [one.get("lastChunk", False) for one in updates][-1]
        task = binding.call("GetTask", {"id": updates[0]["taskId"]}).result
        assert "".join(part["text"] for part in task["artifacts"][0]["parts"]) == "".join(chunks)


@covers("CORE-STREAM-002", "acts:STREAM-MSG-001")
def test_a_bare_message_is_the_only_item(binding):
    items = binding.stream("SendStreamingMessage", send("x", "tck-message-response")).all()
    assert [kind(one) for one in items] == ["message"], items


@covers(
    "STREAM-ORDER-002 STREAM-ORDER-003 STREAM-SUB-001 STREAM-SUB-002",
    "acts:STREAM-SUB-001 acts:STREAM-SSE-004 acts:STREAM-MULTI-001",
)
def test_all_streams_of_a_task_tell_the_same(binding):
    at_once = {"returnImmediately": True}
    task = binding.call("SendMessage", send("tck-long-running", configuration=at_once)).task
    streams = [binding.stream("SubscribeToTask", {"id": task["id"]}) for _ in range(3)]
    running = [run_in(stream.all) for stream in streams]
    for thread, _ in running:
        thread.join()
    told = [results[0] for _, results in running]
    for items in told:
        assert kind(items[0]) == "task" and items[0]["task"]["id"] == task["id"], items
        assert state(items[-1]) == DONE, items
        assert items[-2:] == told[0][-2:], told


@covers("STREAM-ORDER-004", "acts:STREAM-MULTI-002 acts:STREAM-RESUB-001")
def test_closing_one_stream_leaves_task_and_others_alone(binding):
    stream = binding.stream("SendStreamingMessage", send("x", "test-resubscribe-message-id"))
    first = next(iter(stream))
    other = binding.stream("SubscribeToTask", {"id": first["task"]["id"]})
    stream.close()
    items = other.all()
    assert kind(items[0]) == "task" and state(items[-1]) == DONE, items


@covers("STREAM-SUB-003", "acts:STREAM-SUB-003")
def test_an_ended_task_is_not_subscribed_to(binding):
    task = binding.call("SendMessage", send("x", "tck-complete-task")).task
    stream = binding.stream("SubscribeToTask", {"id": task["id"]})
    assert b"UNSUPPORTED_OPERATION" in stream.refused.body, stream.refused.body


@covers("STREAM-SUB-002")
def test_a_subscription_waits_through_a_question(binding):
    task = binding.call("SendMessage", send("x", "tck-input-required")).task
    stream = binding.stream("SubscribeToTask", {"id": task["id"]})
    items = iter(stream)
    assert state(next(items)) == "TASK_STATE_INPUT_REQUIRED"
    done = binding.call("SendMessage", send("x", "tck-complete-task", taskId=task["id"])).task
    assert done["status"]["state"] == DONE
    rest = list(items)
    assert state(rest[-1]) == DONE, rest


@covers("AUTH-INTASK-005")
def test_a_stream_stays_open_while_authorization_is_awaited(binding):
    stream = binding.stream("SendStreamingMessage", send("tck-auth-required"))
    items = iter(stream)
    first = next(items)
    while state(first) != "TASK_STATE_AUTH_REQUIRED":
        first = next(items)
    task = first["statusUpdate"]["taskId"]
    binding.call("SendMessage", send("granted", taskId=task))
    assert state(list(items)[-1]) == DONE


@covers("STREAM-SUB-004")
def test_a_stream_of_nothing_is_refused(binding):
    stream = binding.stream("SubscribeToTask", {"id": str(uuid.uuid4())})
    assert b"TASK_NOT_FOUND" in stream.refused.body, stream.refused.body
