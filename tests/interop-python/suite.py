"""The official Python SDK as client, over each binding and version that the card offers, then as
server of our client (client_peers.py)."""

import asyncio
import os
import sys
import tempfile
import traceback
import uuid

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "harness")]

import grpc  # noqa: E402
import httpx  # noqa: E402
from a2a.client import A2ACardResolver, ClientConfig, ClientFactory  # noqa: E402
from a2a.types import a2a_pb2 as pb  # noqa: E402

import client_peers  # noqa: E402
import push  # noqa: E402
from server import Server  # noqa: E402

FINAL = {
    pb.TASK_STATE_COMPLETED,
    pb.TASK_STATE_CANCELED,
    pb.TASK_STATE_FAILED,
    pb.TASK_STATE_REJECTED,
}


def message(text, **more):
    return pb.Message(
        message_id=str(uuid.uuid4()), role=pb.ROLE_USER, parts=[pb.Part(text=text)], **more
    )


def send(text, at_once=False, **more):
    configuration = pb.SendMessageConfiguration(return_immediately=at_once)
    return pb.SendMessageRequest(message=message(text, **more), configuration=configuration)


def text_of(parts):
    return "".join(part.text for part in parts)


def kind(item):
    return item.WhichOneof("payload")


async def collect(items, limit=1000):
    out = []
    async for item in items:
        out.append(item)
        if len(out) >= limit:
            break
    return out


class Peer:
    """Clients of one binding and version; `streaming` decides how they send."""

    def __init__(self, url, binding, version):
        self.url, self.binding, self.version = url, binding, version

    async def client(self, agent="", streaming=False, push_config=None):
        http = httpx.AsyncClient(timeout=20)
        card = await A2ACardResolver(http, self.url + agent).get_agent_card()
        await http.aclose()
        kept = [
            one
            for one in card.supported_interfaces
            if one.protocol_binding == self.binding and one.protocol_version == self.version
        ]
        assert kept, f"the card offers no {self.binding} {self.version}"
        del card.supported_interfaces[:]
        card.supported_interfaces.extend(kept)
        config = ClientConfig(
            streaming=streaming,
            polling=False,
            supported_protocol_bindings=[self.binding],
            grpc_channel_factory=grpc.aio.insecure_channel,
            push_notification_config=push_config,
        )
        return ClientFactory(config).create(card)

    async def echo(self, **options):
        return await self.client("" if self.desk_only else "/a2a/default/echo", **options)

    @property
    def desk_only(self):
        """0.3 over gRPC has nothing that names another agent."""
        return self.binding == "GRPC" and self.version == "0.3"

    def say(self, text):
        return "@echo " + text if self.desk_only else text

    async def task(self, client, text, **more):
        items = await collect(client.send_message(send(self.say(text), **more)))
        assert [kind(one) for one in items] == ["task"], items
        return items[0].task


async def reads_the_card(peer):
    client = await peer.client()
    assert client._card.name == "Front desk"
    assert client._card.capabilities.streaming


async def sends_and_gets_the_result(peer):
    desk = await peer.client()
    items = await collect(desk.send_message(send("Calculate 25 * 4")))
    task = items[0].task
    assert task.status.state == pb.TASK_STATE_COMPLETED, task
    assert text_of(task.artifacts[0].parts) == "100", task


async def returns_at_once_when_asked_to(peer):
    echo = await peer.echo()
    watcher = await peer.echo(streaming=True)
    task = await peer.task(echo, "delay=300ms later", at_once=True)
    assert task.status.state not in FINAL, task
    items = await collect(watcher.subscribe(pb.SubscribeToTaskRequest(id=task.id)))
    assert kind(items[0]) == "task", items
    assert items[-1].status_update.status.state == pb.TASK_STATE_COMPLETED, items


async def streams_task_chunks_and_completion(peer):
    echo = await peer.echo(streaming=True)
    items = await collect(echo.send_message(send(peer.say("chunks=4 delay=20ms abcdefgh"))))
    assert kind(items[0]) == "task", items
    chunks = [one.artifact_update for one in items if kind(one) == "artifact_update"]
    assert "".join(text_of(one.artifact.parts) for one in chunks) == "abcdefgh"
    assert [one.append for one in chunks] == [False, True, True, True]
    assert chunks[-1].last_chunk
    assert items[-1].status_update.status.state == pb.TASK_STATE_COMPLETED


async def answers_with_a_bare_message(peer):
    echo = await peer.echo()
    items = await collect(echo.send_message(send(peer.say("message hello"))))
    assert [kind(one) for one in items] == ["message"], items
    assert text_of(items[0].message.parts) == "hello"
    streaming = await peer.echo(streaming=True)
    items = await collect(streaming.send_message(send(peer.say("message again"))))
    assert [kind(one) for one in items] == ["message"], items


async def gets_and_trims_history(peer):
    echo = await peer.echo()
    sent = await peer.task(echo, "kept")
    task = await echo.get_task(pb.GetTaskRequest(id=sent.id))
    assert task.id == sent.id and len(task.history) == 1, task
    if peer.version == "1.0":  # 0 is no limit in 0.3
        bare = await echo.get_task(pb.GetTaskRequest(id=sent.id, history_length=0))
        assert not bare.history, bare


async def lists(peer):
    if peer.version == "0.3":
        return
    echo = await peer.echo()
    sent = [await peer.task(echo, f"listed {n}") for n in range(3)]
    first = await echo.list_tasks(pb.ListTasksRequest(page_size=2))
    assert len(first.tasks) == 2 and first.next_page_token, first
    more = await echo.list_tasks(
        pb.ListTasksRequest(page_size=2, page_token=first.next_page_token)
    )
    assert first.tasks[0].id != more.tasks[0].id
    own = await echo.list_tasks(pb.ListTasksRequest(context_id=sent[0].context_id))
    assert [one.id for one in own.tasks] == [sent[0].id], own
    assert own.total_size == 1


async def cancels(peer):
    echo = await peer.echo()
    task = await peer.task(echo, "wait", at_once=True)
    canceled = await echo.cancel_task(pb.CancelTaskRequest(id=task.id))
    assert canceled.status.state == pb.TASK_STATE_CANCELED, canceled
    await refused(collect(echo.send_message(send("more", task_id=task.id))))
    ended = await peer.task(echo, "done")
    await refused(echo.cancel_task(pb.CancelTaskRequest(id=ended.id)))


async def resubscribes_in_mid_stream(peer):
    echo = await peer.echo(streaming=True)
    stream = echo.send_message(send(peer.say("chunks=6 delay=50ms abcdef")))
    first = (await collect(stream, 1))[0]
    items = await collect(echo.subscribe(pb.SubscribeToTaskRequest(id=first.task.id)))
    assert kind(items[0]) == "task", items
    text = "".join(text_of(one.parts) for one in items[0].task.artifacts)
    for one in items:
        if kind(one) == "artifact_update":
            text += text_of(one.artifact_update.artifact.parts)
    assert text == "abcdef", text


async def holds_a_conversation_in_one_task(peer):
    echo = await peer.echo()
    asked = await peer.task(echo, 'ask="Which colour?"')
    assert asked.status.state == pb.TASK_STATE_INPUT_REQUIRED, asked
    assert text_of(asked.status.message.parts) == "Which colour?"
    follow_up = send("blue", task_id=asked.id, context_id=asked.context_id)
    done = (await collect(echo.send_message(follow_up)))[0].task
    assert done.id == asked.id and done.status.state == pb.TASK_STATE_COMPLETED, done
    assert [text_of(one.parts) for one in done.history][1:] == ["Which colour?", "blue"], done


async def names_errors(peer):
    echo = await peer.echo(streaming=True)
    why = await refused(echo.get_task(pb.GetTaskRequest(id=str(uuid.uuid4()))))
    # What 0.3 errors look like over these two bindings only the SDK's own server knows.
    old = {"HTTP+JSON": "MethodNotFoundError", "GRPC": "A2AClientError"}
    expected = "TaskNotFoundError"
    if peer.version == "0.3":
        expected = old.get(peer.binding, expected)
    assert type(why).__name__ == expected, repr(why)
    ended = (await collect(echo.send_message(send(peer.say("done")))))[0].task
    await refused(collect(echo.subscribe(pb.SubscribeToTaskRequest(id=ended.id))))


async def keeps_parts_of_every_kind(peer):
    desk = await peer.client()
    request = send("@echo parts")
    request.message.parts.append(
        pb.Part(raw=b"\x00\xff text", filename="a.txt", media_type="text/plain")
    )
    request.message.parts.append(
        pb.Part(url="https://example.com/f.txt", filename="f.txt", media_type="text/plain")
    )
    data = pb.Part()
    data.data.struct_value.update({"a": [1, "two", None, True], "b": {"c": 0.5}})
    request.message.parts.append(data)
    request.message.metadata.update({"https://example.com/x": {"n": 1}})
    task = (await collect(desk.send_message(request)))[0].task
    got = (await desk.get_task(pb.GetTaskRequest(id=task.id))).history[0]
    assert got.parts[1].raw == b"\x00\xff text" and got.parts[1].media_type == "text/plain", got
    assert got.parts[2].url == "https://example.com/f.txt", got
    assert got.parts[3].data == request.message.parts[3].data, got
    assert got.metadata == request.message.metadata, got


async def streams_a_declared_agent(peer):
    if peer.desk_only:
        return
    clerk = await peer.client("/a2a/default/clerk", streaming=True)
    items = await collect(clerk.send_message(send("count")))
    assert kind(items[0]) == "task", items
    chunks = [one.artifact_update for one in items if kind(one) == "artifact_update"]
    assert len(chunks) > 1, items
    text = ""
    for one in chunks:
        text = (text if one.append else "") + text_of(one.artifact.parts)
    assert text == "one two three four five six seven eight", items
    assert items[-1].status_update.status.state == pb.TASK_STATE_COMPLETED, items


async def decides_for_a_declared_agent(peer):
    if peer.desk_only:
        return
    clerk = await peer.client("/a2a/default/clerk")
    asked = (await collect(clerk.send_message(send("calculate 6 * 7"))))[0].task
    assert asked.status.state == pb.TASK_STATE_INPUT_REQUIRED, asked
    decision = send("", task_id=asked.id, context_id=asked.context_id)
    del decision.message.parts[:]
    data = pb.Part()
    data.data.struct_value.update({"decision_type": "approve"})
    decision.message.parts.append(data)
    done = (await collect(clerk.send_message(decision)))[0].task
    assert done.id == asked.id and done.status.state == pb.TASK_STATE_COMPLETED, done
    assert text_of(done.artifacts[-1].parts) == "It is 42.", done


async def refused(awaitable):
    try:
        answer = await awaitable
    except Exception as why:
        return why
    raise AssertionError(f"not refused: {answer}")


TESTS = [
    reads_the_card,
    sends_and_gets_the_result,
    returns_at_once_when_asked_to,
    streams_task_chunks_and_completion,
    answers_with_a_bare_message,
    gets_and_trims_history,
    lists,
    cancels,
    resubscribes_in_mid_stream,
    holds_a_conversation_in_one_task,
    names_errors,
    keeps_parts_of_every_kind,
    *push.TESTS,
    streams_a_declared_agent,
    decides_for_a_declared_agent,
]


async def offered(url):
    """The bindings and versions of the front desk's card, each once."""
    async with httpx.AsyncClient() as http:
        card = await A2ACardResolver(http, url).get_agent_card()
    found = []
    for one in card.supported_interfaces:
        if (one.protocol_binding, one.protocol_version) not in found:
            found.append((one.protocol_binding, one.protocol_version))
    return found


async def run_all(url, only):
    passed, failed = 0, 0
    pairs = await offered(url)
    for binding in ("JSONRPC", "HTTP+JSON", "GRPC"):
        for version in ("1.0", "0.3"):
            if (binding, version) not in pairs:
                print(f"FAILED {binding} {version}: the card does not offer it")
                failed += 1
    for binding, version in pairs:
        peer = Peer(url, binding, version)
        for test in TESTS:
            name = f"{binding} {version} {test.__name__}"
            if only and not any(one in name for one in only):
                continue
            try:
                await asyncio.wait_for(test(peer), 60)
                passed += 1
            except Exception:
                failed += 1
                print(f"FAILED {name}\n{traceback.format_exc(limit=-3)[-1500:]}")
    return passed, failed


def main():
    with tempfile.TemporaryDirectory(prefix="interop-python-") as folder:
        flags = ["--egress-allow", "127.0.0.0/8", "--grpc-listen", "127.0.0.1:0"]
        flags += ["--apply", os.path.join(HERE, "..", "harness", "agents.yaml")]
        server = Server(folder, *flags)
        server.start()
        passed, failed = asyncio.run(run_all(server.url, sys.argv[1:]))
        server.stop()
    of_client = client_peers.run_all(sys.argv[1:])
    passed, failed = passed + of_client[0], failed + of_client[1]
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
