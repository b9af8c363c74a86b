"""Streams side by side, cancel against completion, cursors everywhere, clients that vanish."""

import random
import re
import socket
import struct
import threading
import time

from calls import message_1_0
from durability import chunks, read_some, rpc_request, seqs, unwrap
from server import Server
from wire import Cut

DONE, CANCELED = "TASK_STATE_COMPLETED", "TASK_STATE_CANCELED"
ENDED = {DONE, CANCELED, "TASK_STATE_FAILED", "TASK_STATE_REJECTED"}


def send(server, text, at_once=False, **members):
    params = {"message": message_1_0(text, **members)}
    if at_once:
        params["configuration"] = {"returnImmediately": True}
    return server.rpc("SendMessage", params)["result"]["task"]


def state_of(item):
    inner = item.get("task") or item.get("statusUpdate") or {}
    return inner.get("status", {}).get("state")


def subscribe(server, task, cursor=None, count=None):
    return read_some(server, rpc_request("SubscribeToTask", {"id": task}, cursor=cursor), count)


def in_threads(*functions):
    results = [None] * len(functions)

    def run(index):
        try:
            results[index] = functions[index]()
        except Exception as why:
            results[index] = why

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(functions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def gauge(server, name):
    text = server.call("GET", "/metrics").text()
    return float(re.search(rf"^{name}(?:{{[^}}]*}})? (\S+)$", text, re.M).group(1))


def wait_until(holds, seconds=15):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.02)
    return False


def test_many_streams_of_a_task_tell_the_same(checks, folder):
    with Server(folder) as server:
        task = send(server, "@echo delay=20ms chunks=20 abcdefghijklmnopqrst", at_once=True)["id"]
        told = in_threads(*[lambda: subscribe(server, task) for _ in range(8)])
        for events in told:
            if not checks.that(not isinstance(events, Exception), events):
                continue
            items = [unwrap(event) for event in events]
            checks.that("task" in items[0], "the first item is the task", items[0])
            checks.equal(state_of(items[-1]), DONE, "the last item")
            numbers = seqs(events)
            checks.equal(numbers, list(range(numbers[0], numbers[-1] + 1)), "no gap, no repeat")
            shown = "".join(
                part["text"] for one in items[0]["task"].get("artifacts", []) for part in one["parts"]
            )
            checks.equal(shown + chunks(events), "abcdefghijklmnopqrst", "snapshot and events")
        checks.equal(len({events[-1].data for events in told}), 1, "all end alike")


def test_cancel_races_completion(checks, folder):
    """Whoever wins, the answer, the task and every stream tell one end."""
    choose = random.Random(7)
    ends = {DONE: 0, CANCELED: 0}
    with Server(folder) as server:
        for round_ in range(60):
            delay = choose.choice([0, 1, 2, 3, 5])
            task = send(server, f"@echo delay={delay}ms chunks=1 x", at_once=True)["id"]
            pause = choose.random() * 0.006

            def cancel():
                time.sleep(pause)
                return server.rpc("CancelTask", {"id": task})

            answer, again = in_threads(cancel, cancel)
            final = server.rpc("GetTask", {"id": task})["result"]["status"]["state"]
            ends[final] = ends.get(final, 0) + 1
            for one in (answer, again):
                if "result" in one:
                    checks.equal(one["result"]["status"]["state"], CANCELED, round_, one)
                    checks.equal(final, CANCELED, round_, "cancelled, then")
                else:
                    checks.equal(one["error"]["code"], -32002, round_, one)
                    checks.equal(final, DONE, round_, "not cancelable, then")
            told = [unwrap(event) for event in subscribe(server, task, cursor="1")]
            over = [state_of(item) for item in told if state_of(item) in ENDED]
            checks.equal(over, [final], round_, "the journal has one end")
    checks.equal(ends[DONE] + ends[CANCELED], 60, ends)


def test_resubscribing_at_every_point(checks, folder):
    """From each cursor exactly the rest, while the task runs, waits, and after its end."""
    with Server(folder) as server:
        params = {"message": message_1_0("@echo delay=15ms chunks=8 ask=more abcdefgh")}
        first = read_some(server, rpc_request("SendStreamingMessage", params), None)
        task = unwrap(first[0])["task"]["id"]
        waiting = in_threads(
            *[lambda cursor=event.id, rest=first[at + 1 :]: subscribe(server, task, cursor, len(rest))
              for at, event in enumerate(first[:-1])]
        )
        for at, events in enumerate(waiting):
            rest = [event.data for event in first[at + 1 :]]
            got = events if isinstance(events, Exception) else [event.data for event in events]
            checks.equal(got, rest, "after event", at + 1, "of a waiting task")
        snapshot = unwrap(subscribe(server, task, count=1)[0])["task"]
        checks.equal(snapshot["status"]["state"], "TASK_STATE_INPUT_REQUIRED", "the snapshot")
        send(server, "@echo the end", taskId=task)
        whole = subscribe(server, task, cursor=first[0].id)
        checks.equal([one.data for one in whole[: len(first) - 1]], [one.data for one in first[1:]])
        for at, event in enumerate(whole):
            got = [one.data for one in subscribe(server, task, cursor=event.id)]
            checks.equal(got, [one.data for one in whole[at + 1 :]], "after the end, from", event.id)
        refused = server.rpc("SubscribeToTask", {"id": task})
        checks.equal(refused["error"]["code"], -32004, "without a cursor")


def test_resubscribing_while_it_runs(checks, folder):
    """Ever new connections, each for a few events: together they are the whole stream."""
    text = "abcdefghijklmnopqrstuvwxyz"
    with Server(folder) as server:
        task = send(server, f"@echo delay=10ms chunks=26 {text}", at_once=True)["id"]
        events = subscribe(server, task, cursor="1", count=1)
        while state_of(unwrap(events[-1])) not in ENDED:
            events += subscribe(server, task, cursor=events[-1].id, count=1)
        numbers = seqs(events)
        checks.equal(numbers, list(range(numbers[0], numbers[-1] + 1)), "no gap, no repeat")
        checks.equal(chunks(events), text)


def vanish(connection):
    """Closes without a farewell: the other side gets a reset."""
    connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.socket.close()


def test_clients_that_vanish(checks, folder):
    """In mid-request, while a call blocks, in mid-stream: the tasks end, nothing stays behind."""
    blocking = lambda: {"message": message_1_0("@echo delay=300ms kept")}
    with Server(folder) as server:
        for at in range(30):
            connection = server.connect()
            method = ("SendMessage", "SendStreamingMessage")[at % 2]
            data = rpc_request(method, blocking())
            connection.send(data[: len(data) // 2] if at % 3 == 0 else data)
            if at % 3 == 2 and method == "SendStreamingMessage":
                next(connection.events(connection.read_head()))
            elif at % 3 != 0:
                time.sleep(0.02)  # so that the request arrives
            vanish(connection)
        gone = wait_until(lambda: gauge(server, "flotilla_http_streams") == 0)
        checks.that(gone, "streams are given up")
        few = wait_until(lambda: gauge(server, "flotilla_http_connections") <= 1)
        checks.that(few, "connections are given up")
        page = lambda: server.rpc("ListTasks", {"pageSize": 100})["result"]
        all_ended = lambda: all(one["status"]["state"] in ENDED for one in page()["tasks"])
        checks.that(wait_until(all_ended), "tasks end without their clients", page())
        states = [one["status"]["state"] for one in page()["tasks"]]
        checks.equal(states, [DONE] * 20, "whole requests made tasks, halves did not")


def test_a_vanished_stream_leaves_the_other_alone(checks, folder):
    with Server(folder) as server:
        task = send(server, "@echo delay=20ms chunks=20 abcdefghijklmnopqrst", at_once=True)["id"]
        leaving = []
        for _ in range(5):
            connection = server.connect()
            connection.send(rpc_request("SubscribeToTask", {"id": task}))
            next(connection.events(connection.read_head()))
            leaving.append(connection)

        def leave():
            for connection in leaving:
                time.sleep(0.05)
                vanish(connection)

        events, _ = in_threads(lambda: subscribe(server, task, cursor="1"), leave)
        checks.that(not isinstance(events, (Exception, Cut)), events)
        checks.equal(chunks(events), "abcdefghijklmnopqrst")
        checks.equal(state_of(unwrap(events[-1])), DONE)


def test_a_reader_that_stands_still_holds_up_nobody(checks, folder):
    """It reads nothing at all, the others everything."""
    text = "x" * 4000
    with Server(folder) as server:
        task = send(server, f"@echo delay=5ms chunks=60 {text}", at_once=True)["id"]
        still = server.connect()
        still.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        still.send(rpc_request("SubscribeToTask", {"id": task}))
        events = subscribe(server, task, cursor="1")
        checks.equal(chunks(events), text)
        answer = server.call(*("POST", "/", {"A2A-Version": "1.0"}), body={
            "jsonrpc": "2.0", "id": 1, "method": "GetTask", "params": {"id": task}})
        checks.equal(answer.json()["result"]["status"]["state"], DONE)
        vanish(still)
