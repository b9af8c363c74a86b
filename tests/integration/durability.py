"""What was acknowledged is there after kill -9, and goes on where it was."""

import os
import shutil
import time

from calls import message_0_3, message_1_0
from server import Server
from starting import refused
from wire import Cut, encode

TEXT = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN"
COMMAND = f"@echo delay=50ms chunks=40 {TEXT}"


def on_disk(folder, *flags):
    return Server(folder, *flags, database=f"sqlite:{folder}/flotilla.db")


def rpc_request(method, params, version="1.0", cursor=None):
    headers = [("A2A-Version", version)]
    if cursor is not None:
        headers.append(("Last-Event-ID", cursor))
    return encode("POST", "/", headers, {"jsonrpc": "2.0", "id": 1, "method": method, "params": params})


def read_some(server, request, count):
    """`count` events of a stream, then the connection is left; None reads to the end."""
    out = []
    with server.connect() as connection:
        connection.send(request)
        response = connection.read_head()
        assert response.status == 200, response.status
        for event in connection.events(response):
            out.append(event)
            if count is not None and len(out) == count:
                break
    return out


def seqs(events):
    return [int(event.id) for event in events if event.id]


def unwrap(event):
    value = event.json()
    return value.get("result", value)


def chunks(events):
    out = []
    for event in events:
        item = unwrap(event)
        artifact = item.get("artifactUpdate", item).get("artifact")
        if artifact:
            out += [part["text"] for part in artifact["parts"]]
    return "".join(out)


def kill_and_start(server):
    server.keep_port()
    server.kill()
    server.start()


def check_whole(checks, before, after, what):
    """The two halves of a stream make one without gap or repeat."""
    numbers = seqs(before) + seqs(after)
    checks.equal(numbers, list(range(1, len(numbers) + 1)), what, "numbers")
    checks.equal(chunks(before) + chunks(after), TEXT, what, "text")


def test_streams_go_on_after_a_kill(checks, folder):
    """JSON-RPC 1.0 and 0.3 and the native journal, cut in mid-stream at once."""
    with on_disk(folder) as server:
        started = {}
        new = {"message": message_1_0(COMMAND)}
        started["1.0"] = read_some(server, rpc_request("SendStreamingMessage", new), 5)
        old = {"message": message_0_3(COMMAND)}
        started["0.3"] = read_some(server, rpc_request("message/stream", old, "0.3"), 7)
        rest = encode("POST", "/message:stream", [], {"message": message_1_0(COMMAND)})
        started["rest"] = read_some(server, rest, 3)
        kill_and_start(server)
        tasks = {
            "1.0": unwrap(started["1.0"][0])["task"]["id"],
            "0.3": unwrap(started["0.3"][0])["id"],
            "rest": started["rest"][0].json()["task"]["id"],
        }
        cursors = {name: events[-1].id for name, events in started.items()}
        again = {
            "1.0": rpc_request("SubscribeToTask", {"id": tasks["1.0"]}, "1.0", cursors["1.0"]),
            "0.3": rpc_request("tasks/resubscribe", {"id": tasks["0.3"]}, "0.3", cursors["0.3"]),
            "rest": encode(
                "POST", f"/tasks/{tasks['rest']}:subscribe", [("Last-Event-ID", cursors["rest"])]
            ),
        }
        for name, request in again.items():
            check_whole(checks, started[name], read_some(server, request, None), name)
        check_ends(checks, server, tasks)
        check_journals(checks, server, tasks)


def check_ends(checks, server, tasks):
    for name, task in tasks.items():
        view = server.get(f"/tasks/{task}")
        checks.equal(view["status"]["state"], "TASK_STATE_COMPLETED", name)
        parts = [part["text"] for one in view["artifacts"] for part in one["parts"]]
        checks.equal("".join(parts), TEXT, name, "artifact")


def check_journals(checks, server, tasks):
    """The native journal, page by page and as a stream, says the same."""
    for name, task in tasks.items():
        page = server.get(f"/api/v1/tasks/{task}/events?limit=500")["items"]
        numbers = [event["seq"] for event in page]
        checks.equal(numbers, list(range(1, len(page) + 1)), name, "journal")
        target = f"/api/v1/tasks/{task}/events"
        stream = read_some(server, encode("GET", target, [("Accept", "text/event-stream")]), None)
        checks.equal(seqs(stream), numbers, name, "journal as a stream")
        checks.equal(stream[-1].event, "bye", name)


def test_repeated_kills_lose_and_repeat_nothing(checks, folder):
    with on_disk(folder) as server:
        message = {"message": message_1_0(COMMAND)}
        seen = read_some(server, rpc_request("SendStreamingMessage", message), 4)
        task = unwrap(seen[0])["task"]["id"]
        for count in (3, 9, 1, 5):
            kill_and_start(server)
            request = rpc_request("SubscribeToTask", {"id": task}, "1.0", seen[-1].id)
            seen += read_some(server, request, count)
        kill_and_start(server)
        request = rpc_request("SubscribeToTask", {"id": task}, "1.0", seen[-1].id)
        seen += read_some(server, request, None)
        check_whole(checks, seen, [], "over five kills")


def test_a_killed_stream_had_sent_only_what_is_stored(checks, folder):
    """The reader is connected while the server dies; nothing that it saw is missing later."""
    with on_disk(folder) as server:
        seen = []
        with server.connect() as connection:
            message = {"message": message_1_0(COMMAND.replace("50ms", "2ms"))}
            connection.send(rpc_request("SendStreamingMessage", message))
            response = connection.read_head()
            try:
                for event in connection.events(response):
                    seen.append(event)
                    if len(seen) == 6:
                        server.process.kill()
            except Cut:
                pass
        kill_and_start(server)
        task = unwrap(seen[0])["task"]["id"]
        request = rpc_request("SubscribeToTask", {"id": task}, "1.0", seen[-1].id)
        check_whole(checks, seen, read_some(server, request, None), "around the kill")


def test_what_was_acknowledged_survives(checks, folder):
    with on_disk(folder) as server:
        first = message_1_0("@echo first", contextId="thread", messageId="once")
        task = server.rpc("SendMessage", {"message": first})["result"]["task"]
        asked = server.rpc("SendMessage", {"message": message_1_0("@echo ask=more?")})
        waiting = asked["result"]["task"]["id"]
        for text in ("@memory remember door = 4711", "@echo message hello"):
            server.rpc("SendMessage", {"message": message_1_0(text)})
        lists = ("/api/v1/tasks", "/api/v1/sessions", "/api/v1/events?limit=500", "/tasks")
        before = {target: server.get(target) for target in lists}
        cards = server.call("GET", "/.well-known/agent-card.json").get("ETag")
        kill_and_start(server)
        for target, value in before.items():
            checks.equal(server.get(target), value, target)
        checks.equal(server.call("GET", "/.well-known/agent-card.json").get("ETag"), cards, "ETag")
        again = server.rpc("SendMessage", {"message": first})["result"]["task"]
        checks.equal(again, task, "the same message again after the restart")
        answer = message_1_0("this", taskId=waiting)
        ended = server.rpc("SendMessage", {"message": answer})["result"]["task"]
        checks.equal(ended["status"]["state"], "TASK_STATE_COMPLETED", "the waiting task")
        recalled = server.rpc("SendMessage", {"message": message_1_0("@memory recall door")})
        checks.that("4711" in str(recalled), "memory", recalled)
        talk = message_1_0("@echo second", contextId="thread")
        later = server.rpc("SendMessage", {"message": talk})["result"]["task"]["id"]
        same = {server.get(f"/api/v1/tasks/{one}")["session"] for one in (task["id"], later)}
        checks.equal(len(same), 1, "one session for the context")


def test_all_that_ran_ends_well(checks, folder):
    """Many running tasks are taken up at once; none fails for the crash."""
    with on_disk(folder) as server:
        tasks = []
        for _ in range(24):
            message = message_1_0(f"@echo delay=20ms chunks=10 {TEXT}")
            params = {"message": message, "configuration": {"returnImmediately": True}}
            tasks.append(server.rpc("SendMessage", params)["result"]["task"]["id"])
        waits = {"message": message_1_0("@echo wait"), "configuration": {"returnImmediately": True}}
        endless = server.rpc("SendMessage", waits)["result"]["task"]["id"]
        kill_and_start(server)
        deadline = time.monotonic() + 20
        states = {}
        while time.monotonic() < deadline:
            views = [server.get(f"/tasks/{task}") for task in tasks]
            states = {view["status"]["state"] for view in views}
            if states == {"TASK_STATE_COMPLETED"}:
                break
            time.sleep(0.1)
        checks.equal(states, {"TASK_STATE_COMPLETED"}, "states")
        for view in views:
            parts = [part["text"] for one in view["artifacts"] for part in one["parts"]]
            checks.equal("".join(parts), TEXT)
        checks.equal(server.get(f"/tasks/{endless}")["status"]["state"], "TASK_STATE_WORKING")
        canceled = server.rpc("CancelTask", {"id": endless})["result"]["status"]["state"]
        checks.equal(canceled, "TASK_STATE_CANCELED", "what runs again can be cancelled")


def test_one_server_a_store(checks, folder):
    """A second one is refused and told who has it; the dead one's lock binds nobody."""
    data = f"{folder}/data"
    arguments = ["--listen", "127.0.0.1:0", "--data", data]
    first = Server(folder)
    first.flags = arguments
    with first:
        checks.equal(os.stat(data).st_mode & 0o077, 0, "others may read the data directory")
        pid = first.process.pid
        second = refused(["serve", *arguments])
        checks.that(second.returncode not in (0, -6, -11), "status", second.returncode)
        checks.that(str(pid) in second.stderr, "the pid", pid, "in", second.stderr)
        checks.equal(second.stdout, "", "says that it listens")
        checks.equal(first.call("GET", "/health/ready").status, 200, "the first one serves on")
        first.kill()
        first.start()


def test_a_copy_of_a_crashed_store_opens(checks, folder):
    """The files as they lie after a kill, copied elsewhere, hold what was acknowledged."""
    os.mkdir(f"{folder}/a")
    server = Server(f"{folder}/log", database=f"sqlite:{folder}/a/flotilla.db").start()
    try:
        for i in range(20):
            server.rpc("SendMessage", {"message": message_1_0(f"@echo {i}", contextId="c")})
    finally:
        server.kill()
    shutil.copytree(f"{folder}/a", f"{folder}/b")
    with Server(f"{folder}/log", database=f"sqlite:{folder}/b/flotilla.db") as copy:
        page = copy.rpc("ListTasks", {"contextId": "c"})["result"]
        checks.equal(page["totalSize"], 20, "tasks in the copy")


def test_relaxed_durability_survives_a_kill(checks, folder):
    with on_disk(folder, "--durability", "relaxed") as server:
        task = server.rpc("SendMessage", {"message": message_1_0("@echo x")})["result"]["task"]
        kill_and_start(server)
        checks.equal(server.get(f"/tasks/{task['id']}"), task)
