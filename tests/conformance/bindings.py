"""The operations of A2A 1.0 over each HTTP binding, and what comes back, in one shape."""

import json
import uuid

from wire import encode

STREAMS = ("SendStreamingMessage", "SubscribeToTask")


class Answer:
    def __init__(self, response, result=None, error=None):
        self.status = response.status
        self.response = response
        self.result = result
        self.error = error  # the JSON-RPC error object, or that of google.rpc.Status

    @property
    def reason(self):
        """Of ErrorInfo; None without one."""
        details = (self.error or {}).get("data") or (self.error or {}).get("details") or []
        infos = [one for one in details if one.get("@type", "").endswith("google.rpc.ErrorInfo")]
        return infos[0]["reason"] if infos else None

    @property
    def task(self):
        assert self.error is None, self.error
        return self.result.get("task", self.result)


class Stream:
    """An open stream; `refused` is the answer when none was opened."""

    def __init__(self, connection, unwrap):
        self.connection, self.unwrap = connection, unwrap
        self.head = connection.read_head()
        self.refused = None
        if "text/event-stream" not in (self.head.get("Content-Type") or ""):
            self.head.body = b"".join(connection.pieces(self.head))
            self.refused = self.head
            connection.socket.close()

    def __iter__(self):
        """The StreamResponse objects up to the end of the stream."""
        for event in self.connection.events(self.head):
            yield self.unwrap(event.json())
        self.connection.socket.close()

    def all(self):
        return list(self)

    def close(self):
        self.connection.socket.close()


class Binding:
    """Calls one agent of one server. `token` goes along as Authorization."""

    def __init__(self, server, path="", token=None):
        self.server, self.path, self.token = server, path, token

    def headers(self, extra):
        fields = {"A2A-Version": "1.0", "Content-Type": "application/json"}
        if self.token:
            fields["Authorization"] = "Bearer " + self.token
        fields.update(extra or {})
        return {name: value for name, value in fields.items() if value is not None}

    def exchange(self, method, target, body=None, headers=None):
        fields = {**self.headers(headers), "Connection": "close"}
        return self.server.call(method, self.path + target, fields, body)

    def open(self, method, target, body=None, headers=None):
        connection = self.server.connect(30)
        host = f"{self.server.host}:{self.server.port}"
        fields = self.headers(headers)
        connection.send(encode(method, self.path + target, fields, body, host))
        return Stream(connection, self.unwrap)


class JsonRpc(Binding):
    name = "JSON-RPC"

    @staticmethod
    def envelope(operation, params):
        return {"jsonrpc": "2.0", "id": "q-1", "method": operation, "params": params}

    def call(self, operation, params=None, headers=None):
        body = self.envelope(operation, params if params is not None else {})
        response = self.exchange("POST", "" if self.path else "/", body, headers)
        if response.status != 200:
            return Answer(response, error=response.json())
        envelope = response.json()
        assert envelope["jsonrpc"] == "2.0" and envelope["id"] == "q-1", envelope
        return Answer(response, envelope.get("result"), envelope.get("error"))

    def stream(self, operation, params, headers=None):
        return self.open("POST", "" if self.path else "/", self.envelope(operation, params), headers)

    @staticmethod
    def unwrap(event):
        assert event["jsonrpc"] == "2.0" and event["id"] == "q-1", event
        return event["result"]


class Rest(Binding):
    name = "HTTP+JSON"

    @staticmethod
    def place(operation, params):
        """Method, target and body of an operation."""
        params = dict(params or {})
        task = "/tasks/" + str(params.pop("taskId" if "Config" in operation else "id", ""))
        query = "&".join(
            f"{name}={str(value).lower() if isinstance(value, bool) else value}"
            for name, value in params.items()
        )
        query = "?" + query if query else ""
        configs = task + "/pushNotificationConfigs"
        return {
            "SendMessage": ("POST", "/message:send", params),
            "SendStreamingMessage": ("POST", "/message:stream", params),
            "GetTask": ("GET", task + query, None),
            "ListTasks": ("GET", "/tasks" + query, None),
            "CancelTask": ("POST", task + ":cancel", None),
            "SubscribeToTask": ("POST", task + ":subscribe", None),
            "CreateTaskPushNotificationConfig": ("POST", configs, params),
            "ListTaskPushNotificationConfigs": ("GET", configs + query, None),
            "GetTaskPushNotificationConfig": ("GET", f"{configs}/{params.get('id')}", None),
            "DeleteTaskPushNotificationConfig": ("DELETE", f"{configs}/{params.get('id')}", None),
            "GetExtendedAgentCard": ("GET", "/extendedAgentCard", None),
        }[operation]

    def call(self, operation, params=None, headers=None):
        response = self.exchange(*self.place(operation, params), headers)
        body = json.loads(response.body) if response.body else None
        if response.status >= 400:
            return Answer(response, error=body.get("error", body))
        return Answer(response, body)

    def stream(self, operation, params, headers=None):
        return self.open(*self.place(operation, params), headers)

    @staticmethod
    def unwrap(event):
        assert "jsonrpc" not in event, event
        return event


def message(text="hello", prefix="", **members):
    """A user message; `prefix` begins its id."""
    identifier = f"{prefix}-{uuid.uuid4()}" if prefix else str(uuid.uuid4())
    return {"messageId": identifier, "role": "ROLE_USER", "parts": [{"text": text}], **members}


def send(text="hello", prefix="", configuration=None, **members):
    params = {"message": message(text, prefix, **members)}
    if configuration:
        params["configuration"] = configuration
    return params


def kind(item):
    assert len(item) == 1, item
    return next(iter(item))


def state(item):
    """The task state that an item tells; None for other items."""
    inner = item.get("task") or item.get("statusUpdate") or {}
    return inner.get("status", {}).get("state")
