"""Every A2A operation in each version and binding, as requests about one task."""

import uuid

ROOTS = ("", "/a2a/default/front-desk", "/a2a/default/echo", "/a2a/default/calculator")


def message_1_0(text, **members):
    message = {"messageId": str(uuid.uuid4()), "role": "ROLE_USER", "parts": [{"text": text}]}
    return {**message, **members}


def message_0_3(text, **members):
    part = {"kind": "text", "text": text}
    message = {"kind": "message", "messageId": str(uuid.uuid4()), "role": "user", "parts": [part]}
    return {**message, **members}


def message_0_3_rest(text, **members):
    message = {"messageId": str(uuid.uuid4()), "role": "ROLE_USER", "content": [{"text": text}]}
    return {**message, **members}


def rpc(root, version, method, params, headers=()):
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return "POST", root or "/", [("A2A-Version", version), *headers], body


def about_task(root, task):
    """(name, request) for everything that can be asked about the task below `root`."""
    cursor = [("Last-Event-ID", "1")]
    new = {"taskId": task, "messageId": "m"}
    out = {
        "GetTask": rpc(root, "1.0", "GetTask", {"id": task}),
        "GetTask of history": rpc(root, "1.0", "GetTask", {"id": task, "historyLength": 1}),
        "CancelTask": rpc(root, "1.0", "CancelTask", {"id": task}),
        "SubscribeToTask": rpc(root, "1.0", "SubscribeToTask", {"id": task}),
        "SubscribeToTask from 1": rpc(root, "1.0", "SubscribeToTask", {"id": task}, cursor),
        "SendMessage": rpc(root, "1.0", "SendMessage", {"message": message_1_0("x", **new)}),
        "SendStreamingMessage": rpc(
            root, "1.0", "SendStreamingMessage", {"message": message_1_0("x", **new)}
        ),
        "tasks/get": rpc(root, "0.3", "tasks/get", {"id": task}),
        "tasks/cancel": rpc(root, "0.3", "tasks/cancel", {"id": task}),
        "tasks/resubscribe": rpc(root, "0.3", "tasks/resubscribe", {"id": task}),
        "tasks/resubscribe from 1": rpc(root, "0.3", "tasks/resubscribe", {"id": task}, cursor),
        "message/send": rpc(root, "0.3", "message/send", {"message": message_0_3("x", **new)}),
        "message/stream": rpc(root, "0.3", "message/stream", {"message": message_0_3("x", **new)}),
        "POST message:send": ("POST", f"{root}/message:send", [], {"message": message_1_0("x", **new)}),
        "POST message:stream": (
            "POST",
            f"{root}/message:stream",
            [],
            {"message": message_1_0("x", **new)},
        ),
        "POST v1/message:send": (
            "POST",
            f"{root}/v1/message:send",
            [],
            {"message": message_0_3_rest("x", **new)},
        ),
        "POST v1/message:stream": (
            "POST",
            f"{root}/v1/message:stream",
            [],
            {"message": message_0_3_rest("x", **new)},
        ),
    }
    for method in ("CreateTaskPushNotificationConfig", "ListTaskPushNotificationConfigs"):
        out[method] = rpc(root, "1.0", method, {"taskId": task, "url": "https://h.example"})
    for method in ("GetTaskPushNotificationConfig", "DeleteTaskPushNotificationConfig"):
        out[method] = rpc(root, "1.0", method, {"taskId": task, "id": "p"})
    for method in ("set", "get", "list", "delete"):
        name = f"tasks/pushNotificationConfig/{method}"
        out[name] = rpc(root, "0.3", name, {"id": task, "taskId": task})
    for prefix in ("", "/v1"):
        base = f"{root}{prefix}/tasks/{task}"
        for method, rest, headers, body in (
            ("GET", "", [], None),
            ("HEAD", "", [], None),
            ("GET", "?historyLength=0", [], None),
            ("POST", ":cancel", [], {}),
            ("POST", ":subscribe", [], {}),
            ("GET", ":subscribe", [], None),
            ("GET", ":subscribe", cursor, None),
            ("POST", "/pushNotificationConfigs", [], {"url": "https://h.example"}),
            ("GET", "/pushNotificationConfigs", [], None),
            ("GET", "/pushNotificationConfigs/p", [], None),
            ("DELETE", "/pushNotificationConfigs/p", [], None),
        ):
            mark = " from 1" if headers else ""
            out[f"{method} {prefix}/tasks/ID{rest}{mark}"] = (method, base + rest, headers, body)
    return out


CHANGES = ("Cancel", "cancel", "Send", "send", "message", "Push", "push")
