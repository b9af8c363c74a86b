"""Topics, subscriptions and messages between agents: REST, command line, and the example."""

import json
import os
import subprocess
from contextlib import contextmanager

from cli_server import Cli, said
from durability import on_disk
from server import BIN, ROOT, Server, write_tokens
from wire import encode

DEFAULT = "/api/v1/namespaces/default"


def publish(server, name, data=None, token=None, **members):
    body = {"name": name, **members}
    if data is not None:
        body["data"] = data
    response = server.call("POST", f"{DEFAULT}/events", body=body, token=token)
    assert response.status == 200, (response.status, response.text())
    return response.json()


@contextmanager
def stream(server, path, token=None, last=None):
    """The events of a stream, after the one that says where it stands."""
    headers = [("Accept", "text/event-stream")]
    if token:
        headers.append(("Authorization", f"Bearer {token}-token"))
    if last is not None:
        headers.append(("Last-Event-ID", last))
    with server.connect() as connection:
        connection.send(encode("GET", path, headers))
        response = connection.read_head()
        assert response.status == 200, response.status
        events = connection.events(response)
        first = next(events)
        assert first.event == "cursor" and first.json()["cursor"] == first.id, first.data
        yield events


def names(events, count):
    return [next(events).json()["name"] for _ in range(count)]


def test_the_example(checks, folder):
    """The six steps, as examples/messaging says, twice: it may be run again."""
    with Server(folder, "--demo") as server:
        clean = {key: value for key, value in os.environ.items() if not key.startswith("FLOTILLA_")}
        for _ in range(2):
            got = subprocess.run(
                [f"{ROOT}/examples/messaging/run"],
                env={**clean, "FLOTILLA_BIN": os.path.abspath(BIN), "FLOTILLA_URL": server.url},
                capture_output=True,
                text=True,
                timeout=60,
            )
            checks.equal(got.returncode, 0, got.stdout, got.stderr)
            steps = got.stdout.split("\n")
            for wanted in (
                "calculator: 100",
                "agent.coordinator.task.assigned",
                "agent.calculator.calculation.complete",
                "agent.analysis.analysis.complete",
                "2 data points collected",
                "- agent.calculator.calculation.complete",
                "- agent.analysis.analysis.complete",
                "3 notifications sent",
                "- agent.coordinator.task.assigned",
            ):
                checks.that(any(wanted in step for step in steps), wanted, "in", got.stdout)
            checks.equal(steps[-2], "100", "what memory kept")
        tasks = server.get("/api/v1/tasks?agent=calculator")["items"]
        parents = server.get("/api/v1/tasks?agent=coordinator")["items"]
        checks.equal(
            sorted(task["parent"] for task in tasks), sorted(task["id"] for task in parents)
        )


def test_patterns_pages_and_streams(checks, folder):
    with Server(folder) as server:
        published = [publish(server, name, {"n": 1.50}) for name in ("a.x", "b.x", "a.y.z", "c")]
        page = server.get(f"{DEFAULT}/events")
        checks.equal(page, {"items": published, "nextCursor": ""}, "all, from the beginning")
        for pattern, wanted in (
            ("*", ["a.x", "b.x", "a.y.z", "c"]),
            ("a.*", ["a.x", "a.y.z"]),
            ("*.x", ["a.x", "b.x"]),
            ("a.*.z,c", ["a.y.z", "c"]),
            ("nothing", []),
        ):
            items = server.get(f"{DEFAULT}/events?pattern={pattern}")["items"]
            checks.equal([one["name"] for one in items], wanted, pattern)
        first = server.get(f"{DEFAULT}/events?limit=3")
        rest = server.get(f"{DEFAULT}/events?limit=3&after={first['nextCursor']}")
        checks.equal([len(first["items"]), rest["items"]], [3, published[3:]], "pages")
        with stream(server, f"{DEFAULT}/events?pattern=a.*&after=0") as replay:
            checks.equal(names(replay, 2), ["a.x", "a.y.z"], "replay")
            publish(server, "a.new")
            event = next(replay)
            checks.equal(event.json()["name"], "a.new", "goes on live")
        with stream(server, f"{DEFAULT}/events?pattern=a.*", last=published[0]["cursor"]) as resumed:
            checks.equal(names(resumed, 2), ["a.y.z", "a.new"], "resumed")
        with stream(server, f"{DEFAULT}/events") as live:
            publish(server, "later")
            checks.equal(names(live, 1), ["later"], "without a cursor: from now on")


def test_streams_go_on_after_a_restart(checks, folder):
    server = on_disk(folder)
    with server:
        server.keep_port()
        before = publish(server, "n.1")
        publish(server, "n.2")
    with server:
        publish(server, "n.3")
        with stream(server, f"{DEFAULT}/events", last=before["cursor"]) as resumed:
            checks.equal(names(resumed, 2), ["n.2", "n.3"])


def test_a_drained_stream_says_where_to_go_on(checks, folder):
    server = Server(folder).start()
    with stream(server, f"{DEFAULT}/events") as events:
        last = publish(server, "last")
        next(events)
        server.process.terminate()
        bye = next(events)
        checks.equal((bye.event, bye.json()), ("bye", {"cursor": last["cursor"], "reason": "draining"}))
    server.ended()


def test_durable_subscriptions(checks, folder):
    server = on_disk(folder)
    where = f"{DEFAULT}/subscriptions"
    with server:
        wanted = {"name": "ci", "patterns": ["build.*", "deploy.done"]}
        made = server.call("POST", where, body=wanted)
        checks.equal(made.status, 200, made.text())
        checks.equal(server.call("POST", where, body=wanted).json(), made.json(), "the same again")
        other = server.call("POST", where, body={**wanted, "patterns": ["x"]})
        checks.equal(other.status, 409, other.text())
        events = [publish(server, name) for name in ("build.a", "other", "build.b", "deploy.done")]
        with stream(server, f"{where}/ci/events") as unread:
            checks.equal(names(unread, 3), ["build.a", "build.b", "deploy.done"])
        acked = server.call("POST", f"{where}/ci/ack", body={"cursor": events[0]["cursor"]})
        checks.equal(acked.json()["cursor"], events[0]["cursor"], acked.text())
        back = server.call("POST", f"{where}/ci/ack", body={"cursor": "0"})
        checks.equal(back.json()["cursor"], events[0]["cursor"], "never back")
        checks.equal(server.call("POST", f"{where}/ci/ack", body={"cursor": "999999"}).status, 400)
        server.kill()
    with server:
        page = server.get(f"{where}/ci/events")["items"]
        checks.equal([one["name"] for one in page], ["build.b", "deploy.done"], "after kill -9")
        checks.equal([one["name"] for one in server.get(where)["items"]], ["ci"])
        checks.equal(server.call("DELETE", f"{where}/ci").status, 200)
        checks.equal(server.call("GET", f"{where}/ci").status, 404)
        checks.equal(server.call("GET", f"{where}/ci/events").status, 404)


def test_owners_and_sharing(checks, folder):
    people = ["alice operator default", "bob operator default", "vera viewer default",
              "root admin *"]
    write_tokens(f"{folder}/tokens.yaml", people)
    with Server(folder, "--tokens", f"{folder}/tokens.yaml") as server:
        server.call("POST", f"{DEFAULT}/subscriptions", token="alice",
                    body={"name": "mine", "patterns": ["*"]})
        with stream(server, f"{DEFAULT}/events", token="bob") as bobs:
            private = publish(server, "private", token="alice")
            publish(server, "team", token="alice", shared=True)
            checks.equal(names(bobs, 1), ["team"], "bob hears")
        for who, wanted in (("bob", ["team"]), ("vera", ["team"]), ("root", ["private", "team"])):
            items = server.get(f"{DEFAULT}/events", token=who)["items"]
            checks.equal([one["name"] for one in items], wanted, who)
            feed = server.get("/api/v1/events", token=who)["items"]
            checks.equal([one["stream"].split("/")[-1] for one in feed], wanted, who, "feed")
        for who in ("bob", "root"):
            for path in ("mine", "unknown"):
                for rest in ("", "/events"):
                    got = server.call("GET", f"{DEFAULT}/subscriptions/{path}{rest}", token=who)
                    checks.equal(got.status, 404, who, path, rest)
        cause = server.call("POST", f"{DEFAULT}/events", token="bob",
                            body={"name": "x", "cause": private["cursor"]})
        unknown = server.call("POST", f"{DEFAULT}/events", token="bob",
                              body={"name": "x", "cause": "99999"})
        checks.equal((cause.status, cause.text()), (unknown.status, unknown.text()))
        forged = server.call("POST", f"{DEFAULT}/events", token="alice",
                             body={"name": "done", "agent": "calculator"})
        checks.equal(forged.status, 403, forged.text())


def test_bad_input_names_its_field(checks, folder):
    with Server(folder) as server:
        events, where = f"{DEFAULT}/events", f"{DEFAULT}/subscriptions"
        for path, body, wanted in (
            (events, {}, "/name"),
            (events, {"name": "a b"}, "name"),
            (events, {"name": "agent.calculator.done"}, "name"),
            (events, {"name": "a", "dat": 1}, "/dat"),
            (events, {"name": "a", "cause": "x"}, "cause"),
            (events, {"name": "a", "data": "x" * 300_000}, "data"),
            (events, {"name": "a", "key": "k" * 129}, "key"),
            (events, {"name": "a", "agent": "Not A Label"}, "agent"),
            (where, {"name": "a"}, "patterns"),
            (where, {"name": "A b", "patterns": ["a"]}, "name"),
            (where, {"name": "a", "patterns": ["a**"]}, "patterns/0"),
            (where, {"name": "a", "patterns": ["a"] * 17}, "patterns"),
            (f"{DEFAULT}/messages", {"to": "calculator"}, "text"),
            (f"{DEFAULT}/messages", {"text": "x"}, "/to"),
        ):
            got = server.call("POST", path, body=body)
            checks.equal(got.status, 400, path, str(body)[:100], got.text())
            checks.that(wanted in got.text(), wanted, "in", got.text())
        for query in ("pattern=a**", "after=x", "limit=0", "pattern=" + "a," * 20):
            checks.equal(server.call("GET", f"{events}?{query}").status, 400, query)
        checks.equal(server.call("GET", events, [("Last-Event-ID", "x")]).status, 400)
        checks.equal(server.call("POST", events, body="{").status, 400)


def test_messages(checks, folder):
    write_tokens(f"{folder}/tokens.yaml", ["alice operator default", "script operator default agent"])
    with Server(folder, "--tokens", f"{folder}/tokens.yaml") as server:
        def message(who, **body):
            return server.call("POST", f"{DEFAULT}/messages", body=body, token=who)

        got = message("script", to="calculator", text="25 * 4", key="once").json()
        checks.equal(got["delivery"], "task")
        checks.equal(got["task"]["artifacts"][0]["parts"][0]["text"], "100")
        again = message("script", to="calculator", text="25 * 4", key="once").json()
        checks.equal(again["task"]["id"], got["task"]["id"], "the same key")
        child = message("script", to="echo", text="hi", taskId=got["task"]["id"]).json()["task"]
        view = server.get(f"/api/v1/tasks/{child['id']}", token="script")
        checks.equal(view["parent"], got["task"]["id"])
        checks.equal(view["contextId"], got["task"]["contextId"])
        checks.equal(message("alice", to="echo", text="x", taskId=child["id"]).status, 404, "not hers")
        checks.equal(message("alice", to="script", text="hello").status, 404, "no mailbox yet")
        inbox = {"name": "inbox", "patterns": ["message.to.script"]}
        server.call("POST", f"{DEFAULT}/subscriptions", body=inbox, token="script")
        with stream(server, f"{DEFAULT}/subscriptions/inbox/events", token="script") as mail:
            checks.equal(message("alice", to="script", text="hello").json(), {"delivery": "mailbox"})
            event = next(mail).json()
            checks.equal((event["from"], event["name"]), ("alice", "message.to.script"))
            checks.equal(event["data"]["parts"], [{"text": "hello"}])
        hidden = server.get(f"{DEFAULT}/events?pattern=message.*", token="alice")["items"]
        checks.equal(hidden, [], "the sender does not read the mailbox")
        own = publish(server, "woke", token="script")
        checks.equal((own["name"], own["agent"]), ("agent.script.woke", "script"))


def test_hops_are_limited(checks, folder):
    with Server(folder, "--hop-limit", "3") as server:
        event = publish(server, "ping")
        for hop in (1, 2, 3):
            event = publish(server, "pong", cause=event["cursor"])
            checks.equal(event["hops"], hop)
        got = server.call("POST", f"{DEFAULT}/events", body={"name": "x", "cause": event["cursor"]})
        checks.equal((got.status, got.json()["reason"]), (409, "LIMIT_EXCEEDED"), got.text())
        checks.that("hop limit" in got.text(), got.text())


def test_the_command_line(checks, folder):
    with Server(folder) as server:
        cli = Cli(folder, server)
        begin = json.loads(cli.run("publish", "first", "-o", "json").stdout)["cursor"]
        said(checks, cli.run("publish", "build.done", '{"n": 1}'), 0, "published build.done at ")
        said(checks, cli.run("publish", "build.piped", "-", given="[1, 2]"), 0, "build.piped")
        said(checks, cli.run("publish", "--agent", "calculator", "done"), 0, "agent.calculator.done")
        said(checks, cli.run("publish", "--key", "k", "once"), 0, "once")
        once = cli.run("publish", "--key", "k", "once").stdout
        checks.equal(once, cli.run("publish", "--key", "k", "once").stdout, "published once")
        got = cli.run("subscribe", "build.*", "--from", begin, "--count", "2", "-o", "json")
        lines = [json.loads(line) for line in got.stdout.splitlines()]
        checks.equal([one["data"] for one in lines], [{"n": 1}, [1, 2]], got.stderr)
        said(checks, cli.run("subscribe", "--from", "start", "--count", "1"), 0, "first  local")
        for count in ("1", "2", "1"):
            got = cli.run("subscribe", "--durable", "d", "*", "--from", "start", "--count", count)
            checks.equal(got.returncode, 0, got.stderr)
        said(checks, cli.run("subscriptions", "list"), 0, "d     *")
        said(checks, cli.run("subscriptions", "list", "-o", "name"), 0, "d\n")
        said(checks, cli.run("subscriptions", "delete", "d"), 0, "deleted")
        for arguments, status in (
            (["publish", "x", "not json"], 2),
            (["publish", "a b"], 1),
            (["publish"], 2),
            (["subscribe", "--from", "never"], 2),
            (["subscribe", "a**", "--count", "1"], 1),
            (["subscribe", "--durable", "unknown", "--count", "1"], 7),
            (["subscriptions", "delete", "unknown"], 7),
            (["publish", "x", "-n", "Nowhere"], 7),
            (["publish", "x", "--server", "http://127.0.0.1:1"], 6),
            (["subscribe", "--server", "http://127.0.0.1:1"], 6),
        ):
            got = cli.run(*arguments)
            checks.equal(got.returncode, status, arguments, got.stderr)


def test_the_command_line_over_a_restart(checks, folder):
    """A subscriber that runs on, and a durable one that ends between: each event once, in order."""
    server = on_disk(folder)
    with server:
        server.keep_port()
        cli = Cli(folder, server)
        publish(server, "n.0")
        running = cli.start("subscribe", "n.*", "--from", "start", "--count", "4", "-o", "json")
        checks.equal(json.loads(running.stdout.readline())["name"], "n.0")
        got = cli.run("subscribe", "n.*", "--durable", "d", "--from", "start", "--count", "1")
        checks.that("n.0" in got.stdout, got.stdout, got.stderr)
        publish(server, "n.1")
        checks.equal(json.loads(running.stdout.readline())["name"], "n.1")
        server.kill()
    with server:
        publish(server, "n.2")
        publish(server, "n.3")
        out, err = running.communicate(timeout=30)
        heard = [json.loads(line)["name"] for line in out.splitlines()]
        checks.equal((heard, running.returncode), (["n.2", "n.3"], 0), err)
        checks.that("waiting for it" in err, err)
        got = cli.run("subscribe", "--durable", "d", "--count", "3", "-o", "json")
        heard = [json.loads(line)["name"] for line in got.stdout.splitlines()]
        checks.equal(heard, ["n.1", "n.2", "n.3"], got.stderr)
