"""Starts, stops and kills the program under test."""

import hashlib
import json
import os
import re
import select
import signal
import subprocess
import time

from wire import Connection, encode

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
BIN = os.environ.get("FLOTILLA_BIN") or os.path.abspath(f"{ROOT}/build/release/flotilla")
# Sanitized programs start and stop more slowly.
SLOW = os.environ.get("FLOTILLA_PRESET", "dev") in ("asan", "tsan")
READY = re.compile(r"^flotilla listening on (https?)://(.+):([0-9]+)$")
FAULTS = re.compile(
    r"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:|LeakSanitizer|"
    r'"level":"error"|assertion|terminate called'
)


def program(*arguments, environment=None, **options):
    """The program's process, in an environment without settings of the caller's."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("FLOTILLA_")}
    clean.update(environment or {})
    return subprocess.Popen([BIN, *arguments], env=clean, **options)


def write_tokens(path, people):
    """The --tokens file for `name role namespace[,namespace] [kind]`; NAME's token is NAME-token."""
    entries = []
    for person in people:
        name, role, namespaces, *kind = person.split()
        digest = hashlib.sha256((name + "-token").encode()).hexdigest()
        spaces = ", ".join('"%s"' % one for one in namespaces.split(","))
        entries.append(
            f"- name: {name}\n  kind: {kind[0] if kind else 'user'}\n  namespaces: [{spaces}]\n"
            f"  role: {role}\n  sha256: {digest}\n"
        )
    with open(path, "w", encoding="utf-8") as file:
        os.chmod(path, 0o600)
        file.write("".join(entries))


class Server:
    """One `flotilla serve`. Its output goes to files in `folder`; the instance can start again."""

    def __init__(self, folder, *flags, database="sqlite::memory:", listen="127.0.0.1:0", tls=None):
        self.folder = str(folder)
        os.makedirs(self.folder, exist_ok=True)
        self.flags = ["--listen", listen, "--database", database, *flags]
        self.tls = tls
        self.process = None
        self.errors = os.path.join(self.folder, "stderr")
        open(self.errors, "w").close()

    def start(self, wait=30):
        with open(self.errors, "a", encoding="utf-8") as errors:
            self.process = program(
                "serve", *self.flags, "--log-format", "json", stdout=subprocess.PIPE, stderr=errors
            )
        deadline = time.monotonic() + wait
        line = b""
        while b"\n" not in line:
            left = deadline - time.monotonic()
            ready, _, _ = select.select([self.process.stdout], [], [], max(left, 0))
            data = os.read(self.process.stdout.fileno(), 4096) if ready else b""
            if not data:
                self.kill()
                raise RuntimeError("the server did not start:\n" + self.log()[-4000:])
            line += data
        found = READY.match(line.split(b"\n")[0].decode())  # gRPC says so in a line of its own
        if not found:
            raise RuntimeError("not the line that says it is ready: %r" % line)
        self.scheme, self.host, port = found.groups()
        self.port = int(port)
        self.url = f"{self.scheme}://{self.host}:{self.port}"
        self.address = (self.host.strip("[]"), self.port)
        return self

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, *_):
        if kind is None:
            self.stop()
        else:
            self.kill()

    def keep_port(self):
        """What starts next listens where this one did."""
        self.flags[1] = f"{self.host}:{self.port}"

    def stop(self, wait=10):
        """SIGTERM; the exit status must be 0 within `wait`, and the log clean. How long it took."""
        if self.process is None:
            return 0.0
        self.process.send_signal(signal.SIGTERM)
        return self.ended(wait)

    def ended(self, wait=10):
        """As stop(), when it has been told to already."""
        began = time.monotonic()
        try:
            status = self.process.wait(wait + (10 if SLOW else 0))
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the server did not end within {wait} s of SIGTERM") from None
        took = time.monotonic() - began
        self._release()
        assert status == 0, f"the server's exit status is {status}:\n{self.log()[-4000:]}"
        self.check_log()
        return took

    def kill(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self._release()

    def _release(self):
        self.process.stdout.close()
        self.process = None

    def log(self):
        with open(self.errors, encoding="utf-8", errors="replace") as file:
            return file.read()

    def check_log(self):
        log = self.log()
        fault = FAULTS.search(log)
        assert not fault, "the server logged:\n" + log[max(0, fault.start() - 500) :][:6000]

    def connect(self, timeout=20):
        return Connection(self.address, timeout, self.tls)

    def call(self, method, target, headers=(), body=None, token=None, timeout=20):
        """One request on a connection of its own."""
        fields = list(headers.items()) if isinstance(headers, dict) else list(headers)
        if token:
            fields.append(("Authorization", f"Bearer {token}-token"))
        fields.append(("Connection", "close"))
        with self.connect(timeout) as connection:
            connection.send(encode(method, target, fields, body, f"{self.host}:{self.port}"))
            return connection.read(head_only=method == "HEAD")

    def rpc(self, method, params, path="/", token=None, version="1.0", timeout=20):
        """A JSON-RPC call; its envelope."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        headers = [("A2A-Version", version)] if version else []
        response = self.call("POST", path, headers, body, token, timeout)
        assert response.status == 200, (response.status, response.text())
        return response.json()

    def get(self, target, token=None):
        response = self.call("GET", target, token=token)
        assert response.status == 200, (target, response.status, response.text())
        return json.loads(response.body)
