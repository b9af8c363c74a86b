"""The integration kit's instructions: our agent calls agents (itself, here) with our own client."""

import base64
import json

from bindings import send
from pushes import receiver, wait_for
from suite import covers


def field(number, value):
    """A protobuf field: length-delimited for text and bytes, a varint for a flag."""
    if value is True:
        return bytes([number << 3, 1])
    value = value.encode() if isinstance(value, str) else value
    length = len(value)
    size = bytes([length]) if length < 128 else bytes([length & 0x7F | 0x80, length >> 7])
    return bytes([number << 3 | 2]) + size + value


def answer(text, hold=False):
    return field(2, field(1, text) + (field(2, True) if hold else b""))


def steps(*instructions):
    return field(3, b"".join(field(1, one) for one in instructions))


def call(url, transport, nested, streaming=False, behaviour=field(5, b"")):
    inner = field(1, transport) + field(2, url) + field(3, nested)
    return field(1, inner + (field(4, True) if streaming else b"") + behaviour)


def follow(binding, instruction):
    params = send()
    raw = base64.b64encode(instruction).decode()
    part = {"raw": raw, "mediaType": "application/x-protobuf", "filename": "instruction.bin"}
    params["message"]["parts"] = [part]
    status = binding.call("SendMessage", params).task["status"]
    text = status.get("message", {"parts": [{"text": ""}]})["parts"][0]["text"]
    return status["state"].removeprefix("TASK_STATE_"), text


@covers()
def test_answers_are_joined_in_order(binding):
    assert follow(binding, answer("one")) == ("COMPLETED", "one")
    series = steps(answer("one"), steps(answer("two"), answer("three")))
    assert follow(binding, series) == ("COMPLETED", "one\ntwo\nthree")


@covers()
def test_agents_are_called_over_each_transport(binding):
    url = binding.server.url
    for transport in ("JSONRPC", "http_json"):
        for streaming in (False, True):
            nested = call(url, transport, steps(answer("b"), answer("c")), streaming)
            series = steps(answer("a"), call(url, transport, nested, streaming), answer("d"))
            got = follow(binding, series)
            assert got == ("COMPLETED", "a\nb\nc\nd"), (transport, streaming, got)


@covers()
def test_a_held_task_is_subscribed_to(binding):
    again = call(binding.server.url, "JSONRPC", answer("held", hold=True), True, field(7, b""))
    state, text = follow(binding, again)
    assert state == "COMPLETED" and text.strip() == "held", (state, text)


@covers()
def test_a_webhook_goes_along(binding):
    with receiver() as (url, posts):
        webhook = url.removeprefix("http://").removesuffix("/webhook")
        push = call(binding.server.url, "JSONRPC", answer("told"), False, field(6, field(1, webhook)))
        assert follow(binding, push) == ("COMPLETED", "told")
        told = lambda got: any("told" in json.dumps(body) for _, body in got)
        headers = wait_for(posts, told)[0][0]
        assert headers["X-A2A-Notification-Token"] == "itk-token", headers


@covers()
def test_what_cannot_be_followed_fails(binding):
    for instruction in (b"\xff\xff", call("http://127.0.0.1:1", "JSONRPC", answer("x"))):
        assert follow(binding, instruction)[0] == "FAILED"
