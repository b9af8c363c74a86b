"""HTTP/1.1 and server-sent events by hand: every byte is the test's, every wait has a deadline."""

import json
import socket
import ssl
import time


class Cut(Exception):
    """The connection ended, or nothing came in time."""


class Event:
    def __init__(self, fields):
        self.id = fields.get("id")
        self.event = fields.get("event")
        self.data = fields.get("data", "")

    def json(self):
        return json.loads(self.data)


class Response:
    def __init__(self, status, headers):
        self.status = status
        self.headers = headers
        self.body = b""
        self.events = []

    def get(self, name):
        """The value of a header, several joined by a comma; None when it is absent."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        return ", ".join(values) if values else None

    def json(self):
        return json.loads(self.body)

    def text(self):
        return self.body.decode("utf-8", "backslashreplace")


class Connection:
    def __init__(self, address, timeout=20, tls=None):
        self.deadline = time.monotonic() + timeout
        self.socket = socket.create_connection(address, timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.ended = False
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_hostname="localhost")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def give(self, seconds):
        """Moves the deadline of what follows."""
        self.deadline = time.monotonic() + seconds

    def send(self, data):
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass  # what was answered before is still there to be read

    def finish_sending(self):
        self.socket.shutdown(socket.SHUT_WR)

    def _fill(self):
        """Reads more; False at the end."""
        if self.ended:
            return False
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise Cut("nothing more came in time")
        self.socket.settimeout(left)
        try:
            data = self.socket.recv(65536)
        except TimeoutError:
            raise Cut("nothing more came in time") from None
        except (ConnectionResetError, ssl.SSLError):
            data = b""
        self.ended = not data
        self.buffer += data
        return bool(data)

    def at_end(self):
        """Waits for the other side to close; False if it sends something instead."""
        while not self.buffer and self._fill():
            pass
        return not self.buffer

    def _until(self, mark):
        while mark not in self.buffer:
            if not self._fill():
                raise Cut("the connection ended inside a message: %r" % self.buffer[:200])
        part, self.buffer = self.buffer.split(mark, 1)
        return part

    def _exactly(self, size):
        while len(self.buffer) < size:
            if not self._fill():
                raise Cut("the connection ended inside a body: %r" % self.buffer[:200])
        part, self.buffer = self.buffer[:size], self.buffer[size:]
        return part

    def read_head(self):
        if not self.buffer and not self._fill():
            raise Cut("the connection was closed without an answer")
        lines = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        version, status, *_ = lines[0].split(" ", 2)
        assert version in ("HTTP/1.1", "HTTP/1.0"), lines[0]
        headers = []
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers.append((name, value.strip()))
        return Response(int(status), headers)

    def pieces(self, response):
        """The body as it comes, by its framing."""
        length = response.get("Content-Length")
        if (response.get("Transfer-Encoding") or "").lower() == "chunked":
            while True:
                size = int(self._until(b"\r\n").split(b";")[0], 16)
                piece = self._exactly(size)
                self._exactly(2)
                if size == 0:
                    return
                yield piece
        elif length is not None:
            yield self._exactly(int(length))
        elif response.status >= 200 and response.status not in (204, 304):
            while self.buffer or self._fill():
                piece, self.buffer = self.buffer, b""
                yield piece

    def read(self, head_only=False):
        """A whole answer."""
        response = self.read_head()
        if not head_only:
            response.body = b"".join(self.pieces(response))
        return response

    def events(self, response):
        """Server-sent events as they come; comments are left out."""
        text = b""
        for piece in self.pieces(response):
            text += piece
            while b"\n\n" in text:
                block, text = text.split(b"\n\n", 1)
                event = parse_event(block.decode())
                if event is not None:
                    yield event


def parse_event(block):
    fields = {}
    for line in block.split("\n"):
        if not line or line.startswith(":"):
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        fields[name] = fields[name] + "\n" + value if name in fields else value
    return Event(fields) if fields else None


def encode(method, target, headers=(), body=None, host="localhost"):
    """The bytes of a request; Host and Content-Length are added where missing."""
    if isinstance(body, (dict, list)):
        body = json.dumps(body, ensure_ascii=False).encode()
    elif isinstance(body, str):
        body = body.encode()
    fields = list(headers.items()) if isinstance(headers, dict) else list(headers)
    given = {name.lower() for name, _ in fields}
    if "host" not in given:
        fields.insert(0, ("Host", host))
    if body is not None and not given & {"content-length", "transfer-encoding"}:
        fields.append(("Content-Length", str(len(body))))
    if body is not None and "content-type" not in given:
        fields.append(("Content-Type", "application/json"))
    head = "".join(f"{name}: {value}\r\n" for name, value in fields if value is not None)
    return f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + (body or b"")
