"""The servers that are measured: started pinned to one core, on free ports of 127.0.0.1, ended by
their process id, with their CPU time and resident memory as the kernel counts them."""

import os
import pathlib
import re
import select
import signal
import socket
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
SERVER_CORE = 0
LOAD_CORE = 1
TICKS = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def pinned(core, command):
    return ["taskset", "-c", str(core), *map(str, command)]


def plain_environment():
    """Without FLOTILLA_*, which the server would take as configuration."""
    return {key: value for key, value in os.environ.items() if not key.startswith("FLOTILLA_")}


class Server:
    """A child process that says on standard output when it is ready. A context manager."""

    def __init__(self, command, ready=None, env=None, log=None, core=SERVER_CORE):
        self.port = None
        self._said = b""  # on standard output so far
        self._log = open(log or os.devnull, "ab")
        start = time.perf_counter()
        self._child = subprocess.Popen(
            command if core is None else pinned(core, command), stdout=subprocess.PIPE,
            stderr=self._log, env={**plain_environment(), **(env or {})})
        self.pid = self._child.pid
        if ready:
            self.port = self._wait_for(ready, start + 20)
        self.start_seconds = time.perf_counter() - start

    def _wait_for(self, pattern, deadline):
        text = self._said
        match = re.search(pattern, text.decode())
        if match:
            return int(match.group(1))
        while time.perf_counter() < deadline:
            if select.select([self._child.stdout], [], [], 0.5)[0]:
                piece = os.read(self._child.stdout.fileno(), 4096)
                text += piece
                self._said = text
                match = re.search(pattern, text.decode())
                if match:
                    return int(match.group(1))
                if not piece:
                    break
        self.stop()
        raise RuntimeError(f"{self._child.args} did not become ready; it said {text.decode()!r}")

    def _pids(self):
        """The process and its children (nginx has workers)."""
        children = pathlib.Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return [self.pid, *map(int, children)]

    def rss(self):
        """Resident bytes."""
        total = 0
        for pid in self._pids():
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
            total += int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) * 1024
        return total

    def cpu(self):
        """Seconds of CPU, user and system."""
        ticks = 0
        for pid in self._pids():
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / TICKS

    def stop(self):
        if self._child.poll() is None:
            self._child.send_signal(signal.SIGTERM)
            try:
                self._child.wait(15)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()
        self._child.stdout.close()
        self._log.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Flotilla(Server):
    """`threads` None is the default of `serve`; `data` None is the database in memory."""

    def __init__(self, setup, data=None, threads=1, core=SERVER_CORE, prefix=(), flags=()):
        command = [*prefix, setup.binary, "serve", "--listen", "127.0.0.1:0", *flags]
        command += ["--data", str(data)] if data else ["--database", "sqlite::memory:"]
        command += ["--threads", str(threads)] if threads else []
        super().__init__(command, r"flotilla listening on http://127\.0\.0\.1:(\d+)\n",
                         log=setup.work / "flotilla.log", core=core)
        self.grpc_port = None
        if "--grpc-listen" in flags:
            self.grpc_port = self._wait_for(r"flotilla serves gRPC on 127\.0\.0\.1:(\d+)\n",
                                            time.perf_counter() + 20)


class Peer(Server):
    """The official SDK on Express."""

    def __init__(self, setup, legacy=False):
        command = ["node", HERE / "peer" / "server.mjs", free_port()]
        super().__init__(command + (["--legacy"] if legacy else []),
                         r"peer listening on http://127\.0\.0\.1:(\d+)\n",
                         env={"NODE_ENV": "production"}, log=setup.work / "peer.log")


NGINX = """
daemon off;
worker_processes 1;
pid {dir}/pid;
error_log {dir}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path {dir}/body;
  proxy_temp_path {dir}/proxy;
  fastcgi_temp_path {dir}/fastcgi;
  uwsgi_temp_path {dir}/uwsgi;
  scgi_temp_path {dir}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location / {{
      default_type application/json;
      return 200 '{{"status":"ok"}}';
    }}
  }}
}}
"""


class Nginx(Server):
    """Answers everything with a static 200."""

    def __init__(self, setup):
        folder = (setup.work / "nginx").resolve()
        folder.mkdir(parents=True, exist_ok=True)
        port = free_port()
        (folder / "nginx.conf").write_text(NGINX.format(dir=folder, port=port))
        super().__init__(["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")],
                         log=setup.work / "nginx.log")
        self.port = port
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        self.stop()
        raise RuntimeError(f"nginx did not start; see {folder}/error.log")
