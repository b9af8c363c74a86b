"""Plays one dialogue file against a server of its own."""

import os
import re
import tempfile

import pattern
import wire
from dialogue import Fault
from server import Server, write_tokens

EVENT = re.compile(r"(id|event)=(\S+) *")


class Outcome:
    def __init__(self, path):
        self.path = path
        self.passed = 0
        self.failures = []

    def fail(self, where, lines):
        self.failures.append("\n".join([where, *("    " + line for line in lines)]))


def play(dialogue):
    """All steps in order; a failed one does not keep the others from being tried."""
    name = os.path.basename(dialogue.path)
    outcome = Outcome(name)
    with tempfile.TemporaryDirectory(prefix="dialogue-") as folder:
        flags = list(dialogue.flags)
        if dialogue.tokens:
            write_tokens(os.path.join(folder, "tokens.yaml"), dialogue.tokens)
            flags += ["--tokens", os.path.join(folder, "tokens.yaml")]
        server = Server(folder, *flags)
        try:
            server.start()
            names = {"host": f"{server.host}:{server.port}", "port": server.port}
            for step in dialogue.steps:
                where = f"FAILED {name}:{step.line}: {step.title}"
                try:
                    lines = run(step, server, names)
                except wire.Cut as cut:
                    lines = [str(cut), *shown(step, names, server)]
                except (Fault, ValueError) as fault:
                    lines = [f"the step is not well written: {fault}"]
                if lines:
                    outcome.fail(where, lines)
                else:
                    outcome.passed += 1
            server.stop()
            outcome.passed += 1
        except (AssertionError, OSError, RuntimeError) as error:
            outcome.fail(f"FAILED {name}: the server", str(error).split("\n"))
        finally:
            server.kill()
    return outcome


def shown(step, names, server):
    data, _ = step.bytes(names, wire.encode, f"{server.host}:{server.port}")
    text = data.decode("utf-8", "backslashreplace").replace("\r\n", "\n")
    return ["> " + line[:200] for line in text.split("\n")[:20]]


def run(step, server, names):
    """The lines that say what was wrong; none when all was right."""
    data, finish = step.bytes(names, wire.encode, f"{server.host}:{server.port}")
    out = []
    with server.connect() as connection:
        connection.send(data)
        if finish:
            connection.finish_sending()
        for wanted in step.answers:
            response = connection.read_head()
            wrong = compare(wanted, response, connection, names, data.startswith(b"HEAD "))
            if wrong:
                out += wrong + received(response)
                break
    return out + shown(step, names, server) if out else []


def compare(wanted, response, connection, names, no_body):
    out = []
    if response.status != wanted.status:
        out.append(f"status: expected {wanted.status}, got {response.status}")
    for name, value in wanted.headers:
        got = response.get(name)
        if value == "-":
            if got is not None:
                out.append(f"{name}: not expected: {got}")
        elif got is None:
            out.append(f"{name}: missing, expected {value}")
        else:
            out += pattern.differences(value, got, names, name)
    if wanted.body is not None and wanted.body.startswith("* ") and not out:
        return compare_events(wanted.body, response, connection, names)
    if not no_body:
        response.body = b"".join(connection.pieces(response))
    if not out and wanted.body is not None:
        out += compare_body(wanted.body, response, names)
    if not out and wanted.then == "closed" and not connection.at_end():
        out.append("the connection should be closed after this answer")
    if not out and wanted.then == "open" and not serves(connection):
        out.append("the connection should serve on after this answer")
    return out


def serves(connection):
    connection.send(wire.encode("GET", "/health/live"))
    return connection.read().status == 200


def compare_body(wanted, response, names):
    if wanted == "empty":
        return [] if not response.body else ["body: expected none"]
    if wanted.startswith("text:"):
        return pattern.differences(wanted[5:].strip(), response.text().strip(), names, "body")
    try:
        value = response.json()
    except ValueError as error:
        return [f"body: not JSON: {error}"]
    return pattern.differences(pattern.parse(wanted), value, names)


def compare_events(wanted, response, connection, names):
    """Each `* ` must match the next event; `* ...` skips events until one matches."""
    events = connection.events(response)
    skips = False
    lines = wanted.split("\n")
    ends = lines[-1] == "end"
    for one in "\n".join(lines[:-1] if ends else lines)[2:].split("\n* "):
        if one.strip() == "...":
            skips = True
            continue
        while True:
            event = next(events, None)
            if event is None:
                return [f"the stream ended before: {one[:200]}"]
            wrong = compare_event(one, event, names)
            if not wrong or not skips:
                break
        if wrong:
            return [*wrong, f"< id={event.id} event={event.event} {event.data[:600]}"]
        skips = False
    if not ends:
        return []
    rest = next(events, None)
    return [] if rest is None else [f"the stream should end, got: {rest.data[:300]}"]


def compare_event(wanted, event, names):
    attributes = {}
    while found := EVENT.match(wanted):
        attributes[found.group(1)] = found.group(2)
        wanted = wanted[found.end() :]
    out = []
    for name, value in attributes.items():
        out += pattern.differences(value, getattr(event, name) or "", names, name)
    if not out and wanted.strip():
        out += pattern.differences(pattern.parse(wanted), event.json(), names)
    return out


def received(response):
    lines = [f"< {response.status}"]
    lines += [f"< {name}: {value}" for name, value in response.headers]
    return lines + ["< " + line for line in response.text()[:1500].split("\n")]
