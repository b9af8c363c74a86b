"""Webhooks through the SDK: configs, and what a receiver gets."""

import asyncio
import http.server
import json
import threading
import uuid

from a2a.types import a2a_pb2 as pb


class Receiver:
    """Collects what is posted to it."""

    def __enter__(self):
        posts = self.posts = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                length = int(self.headers.get("Content-Length", 0))
                posts.append((dict(self.headers), json.loads(self.rfile.read(length))))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    async def until(self, holds, seconds=15):
        for _ in range(int(seconds / 0.05)):
            if holds(self.posts):
                return self.posts
            await asyncio.sleep(0.05)
        raise AssertionError(f"not received: {self.posts}")


def ended(posts):
    return any("COMPLETED" in json.dumps(body).upper() for _, body in posts)


async def configs_of(client, task):
    request = pb.ListTaskPushNotificationConfigsRequest(task_id=task.id)
    return [one.id for one in (await client.list_task_push_notification_configs(request)).configs]


async def manages_push_configs(peer):
    echo = await peer.echo()
    task = await peer.task(echo, "wait", at_once=True)
    config = pb.TaskPushNotificationConfig(
        task_id=task.id,
        id="first",
        url="http://127.0.0.1:9/hook",
        token="t",
        authentication=pb.AuthenticationInfo(scheme="Bearer", credentials="s3"),
    )
    made = await echo.create_task_push_notification_config(config)
    assert made.id == "first" and made.url == config.url, made
    got = await echo.get_task_push_notification_config(
        pb.GetTaskPushNotificationConfigRequest(task_id=task.id, id="first")
    )
    assert got.url == config.url, got
    if (peer.binding, peer.version) == ("HTTP+JSON", "0.3"):
        return  # this SDK neither lists nor deletes there
    assert await configs_of(echo, task) == ["first"]
    gone = pb.DeleteTaskPushNotificationConfigRequest(task_id=task.id, id="first")
    await echo.delete_task_push_notification_config(gone)
    await echo.delete_task_push_notification_config(gone)
    assert await configs_of(echo, task) == []
    await echo.cancel_task(pb.CancelTaskRequest(id=task.id))


async def is_called_by_webhook(peer):
    with Receiver() as receiver:
        config = pb.TaskPushNotificationConfig(
            id=str(uuid.uuid4()),
            url=receiver.url,
            token="nonce",
            authentication=pb.AuthenticationInfo(scheme="Bearer", credentials="s3cret"),
        )
        echo = await peer.echo(push_config=config)
        await peer.task(echo, "delay=100ms pushed", at_once=True)
        posts = await receiver.until(ended)
        for headers, body in posts:
            assert headers.get("Authorization") == "Bearer s3cret", headers
            assert headers.get("X-A2A-Notification-Token") == "nonce", headers
            assert ("kind" in body) == (peer.version == "0.3"), body


TESTS = [manages_push_configs, is_called_by_webhook]
