"""Webhooks: configs and deliveries."""

import contextlib
import http.server
import json
import threading
import time

from bindings import kind, send
from suite import covers


@contextlib.contextmanager
def receiver():
    """A webhook on this machine: its URL, and the list of (headers, body) it got."""
    posts = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            posts.append((dict(self.headers), json.loads(body)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/webhook", posts
    finally:
        server.shutdown()
        server.server_close()


def wait_for(posts, holds):
    end = time.monotonic() + 15
    while time.monotonic() < end:
        if holds(posts):
            return posts
        time.sleep(0.02)
    raise AssertionError(f"not delivered: {posts}")


@covers(
    "PUSH-CREATE-001 PUSH-CREATE-002 PUSH-GET-001 PUSH-GET-002 PUSH-LIST-001 PUSH-DEL-001",
    "PUSH-DEL-002",
    "acts:PUSH-CFG-001 acts:PUSH-CFG-002 acts:PUSH-CFG-003 acts:PUSH-LIST-001",
    "acts:PUSH-ERR-001 acts:PUSH-IDEM-001",
)
def test_configs_are_kept_until_deleted(binding):
    task = binding.call("SendMessage", send("x", "tck-complete-task")).task["id"]
    made = binding.call(
        "CreateTaskPushNotificationConfig", {"taskId": task, "url": "http://127.0.0.1:9/hook"}
    ).result
    assert made["id"] and made["taskId"] == task and made["url"].endswith("/hook"), made
    which = {"taskId": task, "id": made["id"]}
    assert binding.call("GetTaskPushNotificationConfig", which).result["url"] == made["url"]
    other = {"taskId": task, "id": "own", "url": "http://127.0.0.1:9/two"}
    assert binding.call("CreateTaskPushNotificationConfig", other).result["id"] == "own"
    listed = binding.call("ListTaskPushNotificationConfigs", {"taskId": task}).result["configs"]
    assert {one["id"] for one in listed} == {made["id"], "own"}, listed
    for _ in range(2):
        assert binding.call("DeleteTaskPushNotificationConfig", which).error is None
    assert binding.call("GetTaskPushNotificationConfig", which).reason == "TASK_NOT_FOUND"
    unknown = {"taskId": "none", "id": "x"}
    assert binding.call("GetTaskPushNotificationConfig", unknown).reason == "TASK_NOT_FOUND"


@covers(
    "PUSH-DELIVER-001 PUSH-DELIVER-002 PUSH-DELIVER-003",
    "acts:PUSH-DELIV-001 acts:PUSH-DELIV-002 acts:PUSH-DELIV-003",
    "acts:SEC-PUSH-001 acts:SEC-PUSH-002",
)
def test_an_inline_webhook_is_called_with_its_credentials(binding):
    with receiver() as (url, posts):
        config = {
            "url": url,
            "token": "nonce-1",
            "authentication": {"scheme": "Bearer", "credentials": "s3cret"},
        }
        params = send("tck-long-running", configuration={"taskPushNotificationConfig": config})
        task = binding.call("SendMessage", params).task
        done = lambda got: any("TASK_STATE_COMPLETED" in json.dumps(body) for _, body in got)
        for headers, body in wait_for(posts, done):
            assert headers["Authorization"] == "Bearer s3cret", headers
            assert headers["X-A2A-Notification-Token"] == "nonce-1", headers
            assert headers["Content-Type"].startswith("application/a2a+json"), headers
            inner = body[kind(body)]
            assert (inner.get("taskId") or inner["id"]) == task["id"], body


@covers("PUSH-DELIVER-002")
def test_a_webhook_added_later_is_called(binding):
    with receiver() as (url, posts):
        task = binding.call("SendMessage", send("x", "tck-input-required")).task["id"]
        binding.call("CreateTaskPushNotificationConfig", {"taskId": task, "url": url})
        binding.call("SendMessage", send("x", "tck-complete-task", taskId=task))
        wait_for(posts, lambda got: any("COMPLETED" in json.dumps(body) for _, body in got))
