"""A webhook receiver: an HTTP server on loopback that notes every POST, and answers as told."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Delivery:
    def __init__(self, path, headers, body):
        self.path = path
        self.headers = {name.lower(): value for name, value in headers}
        self.body = json.loads(body) if body else None
        self.at = time.monotonic()

    @property
    def kind(self):
        """statusUpdate, artifactUpdate, or (0.3) task."""
        if "kind" in self.body:
            return self.body["kind"]
        return next(iter(self.body))

    @property
    def state(self):
        if self.kind == "task":
            return self.body["status"]["state"]
        return self.body.get("statusUpdate", {}).get("status", {}).get("state")

    @property
    def task(self):
        if self.kind == "task":
            return self.body["id"]
        return self.body[self.kind]["taskId"]


class Receiver:
    """`answer(delivery, number)` gives (status, headers), once for each request; it may sleep."""

    def __init__(self, answer=None, port=0):
        self.answer = answer or (lambda delivery, number: (200, {}))
        self.seen = []
        self._changed = threading.Condition()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                length = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(length)
                if len(body) < length:  # the sender was killed
                    self.close_connection = True
                    return
                delivery = Delivery(self.path, self.headers.items(), body)
                with receiver._changed:
                    receiver.seen.append(delivery)
                    number = len(receiver.seen)
                    receiver._changed.notify_all()
                status, headers = receiver.answer(delivery, number)
                try:
                    self.send_response(status)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                except OSError:
                    pass

            def log_message(self, *_):
                pass

        class Web(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 256
            allow_reuse_address = True

            def handle_error(self, *_):
                pass

        self.web = Web(("127.0.0.1", port), Handler)
        self.port = self.web.server_address[1]
        self.thread = threading.Thread(target=self.web.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    def url(self, path="/hook", host="127.0.0.1"):
        return f"http://{host}:{self.port}{path}"

    def wait(self, holds, seconds=20):
        """The deliveries, once `holds` of them; AssertionError when that never comes."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while not holds(self.seen):
                left = deadline - time.monotonic()
                if left <= 0:
                    shown = [(one.path, one.kind, one.state) for one in self.seen[-50:]]
                    raise AssertionError(f"not received in {seconds} s; seen: {shown}")
                self._changed.wait(left)
            return list(self.seen)

    def ended(self, path, seconds=20):
        """Deliveries of this path, once one tells a terminal state."""
        final = ("COMPLETED", "FAILED", "CANCELED", "REJECTED")

        def holds(seen):
            return any(
                one.path == path and one.state and one.state.upper().endswith(final) for one in seen
            )

        return [one for one in self.wait(holds, seconds) if one.path == path]

    def close(self):
        self.web.shutdown()
        self.web.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
