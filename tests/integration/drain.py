"""SIGTERM: streams end with a cursor, the process ends in time and with 0, work goes on later."""

import signal
import socket
import threading
import time

from calls import message_1_0
from durability import TEXT, chunks, on_disk, read_some, rpc_request, seqs, unwrap
from server import SLOW, Server
from wire import Cut, encode

LONG = f"@echo delay=250ms chunks=40 {TEXT}"
LIMIT = 20 if SLOW else 10


class Reader(threading.Thread):
    """Reads a stream to its end, however that comes."""

    def __init__(self, server, request):
        super().__init__(daemon=True)
        self.connection = server.connect(60)
        self.connection.send(request)
        self.response = self.connection.read_head()
        self.events = []
        self.cut = None
        self.started = threading.Event()
        self.start()

    def run(self):
        try:
            for event in self.connection.events(self.response):
                self.events.append(event)
                self.started.set()
        except Cut as cut:
            self.cut = str(cut)
        self.started.set()


def test_streams_end_whole_and_go_on_after_the_next_start(checks, folder):
    server = on_disk(folder).start()
    server.keep_port()
    message = {"message": message_1_0(LONG)}
    reader = Reader(server, rpc_request("SendStreamingMessage", message))
    checks.that(reader.started.wait(10), "the stream began")
    time.sleep(0.7)
    task = unwrap(reader.events[0])["task"]["id"]
    journal = encode("GET", f"/api/v1/tasks/{task}/events", [("Accept", "text/event-stream")])
    native = Reader(server, journal)
    feed = Reader(server, encode("GET", "/api/v1/events", [("Accept", "text/event-stream")]))
    checks.that(native.started.wait(10), "the journal began")
    took = server.stop()
    checks.that(took < LIMIT, "it took", took)
    for one in (reader, native, feed):
        one.join(5)
        checks.that(not one.is_alive(), "a stream did not end")
        checks.equal(one.cut, None, "a stream was cut inside an event")
    for one in (native, feed):
        bye = one.events[-1]
        checks.equal(bye.event, "bye", "the last event")
        checks.that(set(bye.json()) == {"cursor", "reason"}, bye.data)
    checks.equal(native.events[-1].json()["cursor"], native.events[-2].id, "the cursor told")
    server.start()
    try:
        subscribe = rpc_request("SubscribeToTask", {"id": task}, "1.0", reader.events[-1].id)
        rest = read_some(server, subscribe, None)
        numbers = seqs(reader.events) + seqs(rest)
        checks.equal(numbers, list(range(1, len(numbers) + 1)), "numbers")
        checks.equal(chunks(reader.events) + chunks(rest), TEXT, "text")
    finally:
        server.stop()


def test_an_idle_server_ends_at_once(checks, folder):
    for how in (signal.SIGTERM, signal.SIGINT):
        server = Server(f"{folder}/{how}").start()
        idle = socket.create_connection(server.address)
        answered = server.connect()
        answered.send(encode("GET", "/health/live"))
        checks.equal(answered.read().status, 200)
        server.process.send_signal(how)
        took = server.ended()
        checks.that(took < (5 if SLOW else 2), how, "took", took)
        checks.that(answered.at_end(), "a kept connection is closed")
        idle.close()


def test_it_can_be_stopped_as_soon_as_it_says_that_it_listens(checks, folder):
    for i in range(5):
        took = Server(f"{folder}/{i}").start().stop()
        checks.that(took < (5 if SLOW else 2), "took", took)


def test_a_blocking_call_is_not_waited_for_too_long(checks, folder):
    server = on_disk(folder).start()
    request = rpc_request("SendMessage", {"message": message_1_0("@echo wait")})
    with server.connect(60) as connection:
        connection.send(request)
        time.sleep(0.5)
        took = server.stop()
        checks.that(took < LIMIT, "it took", took)


def test_a_call_that_ends_soon_is_answered(checks, folder):
    server = on_disk(folder).start()
    message = {"message": message_1_0(f"@echo delay=200ms chunks=5 {TEXT}")}
    with server.connect(30) as connection:
        connection.send(rpc_request("SendMessage", message))
        time.sleep(0.3)
        server.process.send_signal(signal.SIGTERM)
        response = connection.read()
        checks.equal(response.status, 200)
        checks.equal(response.json()["result"]["task"]["status"]["state"], "TASK_STATE_COMPLETED")
        checks.that(connection.at_end(), "the connection is closed after it")
    took = server.ended()
    checks.that(took < LIMIT, "it took", took)


def test_who_stops_takes_no_new_connections(checks, folder):
    server = on_disk(folder).start()
    with server.connect(60) as connection:
        connection.send(rpc_request("SendMessage", {"message": message_1_0("@echo wait")}))
        time.sleep(0.3)
        server.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + 5
        refused = False
        while not refused and time.monotonic() < deadline:
            try:
                socket.create_connection(server.address, 1).close()
                time.sleep(0.05)
            except OSError:
                refused = True
        checks.that(refused, "new connections are taken while stopping")
        checks.equal(server.process.poll(), None, "ended before its running call")
        took = server.ended()
    checks.that(took < LIMIT, "it took", took)
