"""The command line against a server: what it prints, and its exit statuses."""

import json
import os
import re
import subprocess
import threading
import time

from durability import TEXT, on_disk
from server import BIN, Server, program, write_tokens

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Cli:
    """Runs commands as a person with an empty home does."""

    def __init__(self, folder, server=None, token=None):
        self.home = f"{folder}/home"
        os.makedirs(self.home, exist_ok=True)
        self.environment = {"HOME": self.home, "XDG_CONFIG_HOME": "", "XDG_STATE_HOME": ""}
        if server is not None:
            self.environment["FLOTILLA_URL"] = server.url
        if token:
            self.environment["FLOTILLA_TOKEN"] = f"{token}-token"

    def run(self, *arguments, given="", timeout=60, **environment):
        clean = {key: value for key, value in os.environ.items() if not key.startswith("FLOTILLA_")}
        return subprocess.run(
            [BIN, *arguments],
            input=given,
            capture_output=True,
            text=True,
            timeout=timeout,
            env={**clean, **self.environment, **environment},
        )

    def start(self, *arguments):
        return program(
            *arguments,
            environment=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


def said(checks, got, status, text, *what):
    checks.equal(got.returncode, status, *what, got.args[1:], got.stderr)
    checks.that(text in got.stdout, got.args[1:], "should print", repr(text), "got", repr(got.stdout))


def test_send(checks, folder):
    with Server(folder) as server:
        cli = Cli(folder, server)
        said(checks, cli.run("send", "Calculate 25 * 4"), 0, "100\n")
        said(checks, cli.run("send", "-a", "echo", "hello"), 0, "hello\n")
        said(checks, cli.run("send", "-a", "default/echo", "-", given="from a pipe"), 0, "from a pipe")
        said(checks, cli.run("send", "--stream", "-a", "echo", "chunks=3 abc"), 0, "abc")
        said(checks, cli.run("send", "-a", "echo", "message hi"), 0, "hi\n")
        with open(f"{folder}/report.txt", "w", encoding="utf-8") as file:
            file.write("A good day. A bad night.")
        said(checks, cli.run("send", "-a", "analysis", "--file", f"{folder}/report.txt"), 0, "")
        got = cli.run("send", "-o", "json", "Calculate 1/4")
        task = json.loads(got.stdout)["task"]
        checks.equal(task["artifacts"][0]["parts"][0]["text"], "0.25", got.stdout)
        got = cli.run("send", "-o", "json", "--stream", "-a", "echo", "chunks=2 ab")
        events = [json.loads(line) for line in got.stdout.splitlines()]
        checks.equal([next(iter(one)) for one in events][:2], ["task", "artifactUpdate"], got.stdout)
        checks.equal(events[-1]["statusUpdate"]["status"]["state"], "TASK_STATE_COMPLETED")
        got = cli.run("send", "-o", "yaml", "Calculate 1/4")
        checks.that("0.25" in got.stdout and "task:" in got.stdout, got.stdout)
        got = cli.run("send", "-o", "name", "Calculate 1/4")
        checks.that(UUID.fullmatch(got.stdout.strip()), got.stdout)
        got = cli.run("send", "--context-id", "talk", "-o", "json", "@memory remember k = v")
        checks.equal(json.loads(got.stdout)["task"]["contextId"], "talk")
        said(checks, cli.run("send", "--context-id", "talk", "recall k"), 0, "v")


def test_exit_statuses(checks, folder):
    write_tokens(f"{folder}/tokens.yaml", ["alice operator default", "vera viewer default"])
    with Server(folder, "--tokens", f"{folder}/tokens.yaml") as server:
        cli = Cli(folder, server, "alice")
        waiting = cli.run("send", "-a", "echo", "-o", "name", "ask=more? x")
        task = waiting.stdout.strip()
        cases = [
            (0, ["send", "-a", "echo", "x"], {}),
            (0, ["tasks", "list"], {}),
            (1, ["send", "-a", "no/such/agent", "x"], {}),
            (1, ["tasks", "list", "--state", "busy"], {}),
            (2, ["send"], {}),
            (2, ["send", "--no-such-flag", "x"], {}),
            (2, ["tasks"], {}),
            (2, ["nonsense"], {}),
            (2, ["send", "x", "--timeout", "soon"], {}),
            (2, ["tasks", "get", task, "-o", "xml"], {}),
            (2, ["tasks", "list"], {"FLOTILLA_CONTEXT": "nowhere"}),
            (2, ["completion", "tcsh"], {}),
            (3, ["send", "-a", "echo", "fail=no x"], {}),
            (3, ["send", "-a", "echo", "reject=no"], {}),
            (3, ["send", "-a", "calculator", "1/0"], {}),
            (5, ["send", "-a", "echo", "ask"], {}),
            (5, ["send", "-a", "echo", "auth"], {}),
            (6, ["send", "-a", "echo", "wait", "--timeout", "300ms"], {}),
            (6, ["tasks", "list"], {"FLOTILLA_URL": "http://127.0.0.1:1"}),
            (6, ["send", "x"], {"FLOTILLA_URL": "http://127.0.0.1:1"}),
            (7, ["send", "-a", "nobody", "x"], {}),
            (7, ["tasks", "get", "nonsense"], {}),
            (7, ["tasks", "cancel", "nonsense"], {}),
            (7, ["logs", "nonsense"], {}),
            (7, ["logs", "-f", "nonsense"], {}),
            (7, ["sessions", "get", "nonsense"], {}),
            (7, ["agents", "get", "nobody"], {}),
            (8, ["tasks", "list"], {"FLOTILLA_TOKEN": "wrong"}),
            (8, ["send", "x"], {"FLOTILLA_TOKEN": "wrong"}),
            (8, ["send", "x"], {"FLOTILLA_TOKEN": "vera-token"}),
            (8, ["logs", "-f", task], {"FLOTILLA_TOKEN": "wrong"}),
            (0, ["send", "-a", "echo", "--task", task, "this"], {}),
            (0, ["logs", "-f", task], {}),
            (1, ["tasks", "cancel", task], {}),
            (1, ["send", "-a", "echo", "--task", task, "again"], {}),
        ]
        for status, arguments, environment in cases:
            got = cli.run(*arguments, **environment)
            checks.equal(got.returncode, status, arguments, environment, got.stderr)
            checks.equal(bool(got.stderr), status != 0 and status != 5, arguments, repr(got.stderr))
            checks.that("\x1b" not in got.stdout + got.stderr, arguments, "colours off a terminal")
        checks.equal(waiting.returncode, 5)


def test_a_canceled_task_is_4(checks, folder):
    with Server(folder) as server:
        cli = Cli(folder, server)
        started = cli.run("send", "--no-wait", "-o", "name", "-a", "echo", "wait")
        task = started.stdout.strip()
        checks.equal(started.returncode, 0, started.stderr)
        follower = cli.start("logs", "-f", task)
        sender = cli.start("send", "--stream", "-a", "echo", "delay=100ms chunks=2 ab wait")
        said(checks, cli.run("tasks", "list", "--state", "working", "-o", "name"), 0, task)
        said(checks, cli.run("tasks", "cancel", task), 0, "canceled")
        out, err = follower.communicate(timeout=30)
        checks.equal(follower.returncode, 4, out, err)
        checks.that("canceled" in out, out)
        out, err = sender.communicate(timeout=30)
        checks.equal(sender.returncode, 0, out, err)


def test_lists_and_views(checks, folder):
    with Server(folder) as server:
        cli = Cli(folder, server)
        first = cli.run("send", "-o", "json", "--context-id", "c1", "Calculate 2^10")
        task = json.loads(first.stdout)["task"]["id"]
        cli.run("send", "-a", "echo", "ask=more")
        got = cli.run("tasks", "list")
        said(checks, got, 0, task)
        checks.that("calculator" in got.stdout and "input-required" in got.stdout, got.stdout)
        checks.equal(len(got.stdout.splitlines()), 3, "a head and two tasks")
        said(checks, cli.run("tasks", "list", "-a", "calculator", "-o", "name"), 0, f"{task}\n")
        wide = cli.run("tasks", "list", "-o", "wide").stdout
        checks.that("c1" in wide and "local" in wide, wide)
        items = json.loads(cli.run("tasks", "list", "-o", "json").stdout)
        items = items["items"] if isinstance(items, dict) else items
        checks.equal(len(items), 2, items)
        one = cli.run("tasks", "list", "--limit", "1", "-o", "name").stdout.splitlines()
        checks.equal(len(one), 1, one)
        both = cli.run("tasks", "list", "--limit", "1", "--all", "-o", "name").stdout.splitlines()
        checks.equal(len(both), 2, both)
        said(checks, cli.run("tasks", "get", task), 0, "1024")
        view = json.loads(cli.run("tasks", "get", task, "-o", "json").stdout)
        checks.equal(view["id"], task)
        said(checks, cli.run("tasks", "get", task, "-o", "yaml"), 0, f'id: "{task}"')
        said(checks, cli.run("sessions", "list", "-o", "wide"), 0, "c1")
        uid = view["session"]
        got = cli.run("sessions", "get", uid)
        said(checks, got, 0, uid)
        checks.that(task in got.stdout, "the session's tasks", got.stdout)
        said(checks, cli.run("sessions", "get", f"default/{uid}", "-o", "json"), 0, uid)
        said(checks, cli.run("agents", "list"), 0, "calculator")
        said(checks, cli.run("agents", "list", "-n", "nowhere", "-o", "name"), 0, "")
        said(checks, cli.run("agents", "get", "calculator"), 0, "calculator")
        card = json.loads(cli.run("agents", "get", "echo", "--card", "-o", "json").stdout)
        checks.equal(card["name"], "Echo")
        said(checks, cli.run("logs", task), 0, "completed")
        events = [json.loads(line) for line in cli.run("logs", task, "-o", "json").stdout.splitlines()]
        checks.equal([event["seq"] for event in events], list(range(1, len(events) + 1)))
        later = cli.run("logs", task, "--after", "2", "-o", "json").stdout.splitlines()
        checks.equal(len(later), len(events) - 2)
        got = cli.run("version", "-o", "json")
        checks.that('"server"' in got.stdout.lower(), got.stdout)


def test_chat_by_pipe(checks, folder):
    with Server(folder) as server:
        cli = Cli(folder, server)
        lines = "/help\n@memory remember city = Lübeck\nrecall city\n/new\n@echo ask=Who?\nme\n/quit\n"
        got = cli.run("chat", given=lines)
        said(checks, got, 0, "Lübeck")
        checks.that("Who?" in got.stdout and "me" in got.stdout, got.stdout)
        sessions = cli.run("sessions", "list", "-o", "name").stdout.splitlines()
        checks.equal(len(sessions), 2, "one session for each conversation", sessions)
        again = cli.run("chat", "--last", given="hello\n")
        checks.equal(again.returncode, 0, again.stderr)
        checks.that("Who?" in again.stdout or "me" in again.stdout, "the past", again.stdout)
        checks.equal(len(cli.run("sessions", "list", "-o", "name").stdout.splitlines()), 2)
        uid = sessions[-1].split("/")[-1]
        said(checks, cli.run("chat", "--session", uid, given="recall city\n"), 0, "Lübeck")
        checks.equal(cli.run("chat", given="@echo fail=no\n").returncode, 3, "the last turn's status")
        checks.equal(cli.run("chat", given="").returncode, 0, "nothing said")


def collect(process, out):
    for line in process.stdout:
        out.append(line)


def test_logs_and_send_go_on_over_a_restart(checks, folder):
    """kill -9 in mid-stream: both clients lose the connection and show the rest, once."""
    with on_disk(folder) as server:
        server.keep_port()
        cli = Cli(folder, server)
        command = f"delay=100ms chunks=40 {TEXT}"
        sender = cli.start("send", "--stream", "-a", "echo", command)
        deadline = time.monotonic() + 20
        task = ""
        while not task and time.monotonic() < deadline:
            task = cli.run("tasks", "list", "--state", "working", "-o", "name").stdout.strip()
        follower = cli.start("logs", "-f", task, "-o", "json")
        lines = []
        reader = threading.Thread(target=collect, args=(follower, lines), daemon=True)
        reader.start()
        while len(lines) < 5 and time.monotonic() < deadline:
            time.sleep(0.02)
        server.kill()
        time.sleep(0.5)
        server.start()
        out, err = sender.communicate(timeout=60)
        checks.equal(sender.returncode, 0, err)
        checks.equal(out.strip(), TEXT, "the text, each chunk once")
        checks.that("connection" in err, "it says that it was cut:", err)
        follower.wait(60)
        reader.join(10)
        checks.equal(follower.returncode, 0, follower.stderr.read())
        seqs = [json.loads(line)["seq"] for line in lines]
        checks.equal(seqs, list(range(1, len(seqs) + 1)), "the journal")
        checks.that(len(seqs) >= 42, "events", len(seqs))
