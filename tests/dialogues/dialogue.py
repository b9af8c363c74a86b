"""Reads the dialogue files; README.md says how they are written."""

import re
import shlex
import uuid

REPEAT = re.compile(r"<([^<>*\n]{1,20})\*([0-9]+)>")
BYTE = re.compile(r"<0x([0-9a-f]{2})>")
NAME = re.compile(r"\{\{(\w+)\}\}")
COLUMN = re.compile(r" \|(?: |$)")


class Fault(Exception):
    """The file is not written as README.md says."""


class Answer:
    """One expected answer."""

    def __init__(self, lines):
        words = lines[0].split()
        if not words or not words[0].isdigit():
            raise Fault("an answer begins with its status: %r" % lines[0])
        self.status = int(words[0])
        self.then = words[1] if len(words) > 1 else None
        if self.then not in (None, "closed", "open"):
            raise Fault("after the status stands closed, open or nothing: %r" % lines[0])
        self.headers, self.body = [], None
        for i, line in enumerate(lines[1:], 1):
            if not line.strip():
                self.body = "\n".join(lines[i + 1 :]).strip() or None
                break
            name, _, value = line.partition(":")
            self.headers.append((name.strip(), value.strip()))


class Step:
    """One request and its answers."""

    def __init__(self, title, line, request, answers):
        self.title = title
        self.line = line
        self.request = request
        self.answers = answers

    def bytes(self, names, encode, host):
        """The request's bytes with the names filled in; whether sending ends after them."""
        lines = [self._fill(line, names) for line in self.request]
        if lines[0] == "raw":
            return self._raw(lines[1:])
        method, _, target = lines[0].partition(" ")
        fields, body = [], None
        for i, line in enumerate(lines[1:], 1):
            if not line.strip():
                body = "\n".join(lines[i + 1 :]).strip("\n")
                break
            name, _, value = line.partition(":")
            fields.append((name.strip(), value.strip() if value.strip() != "-" else None))
        if body is None and method in ("POST", "PUT", "PATCH"):
            body = ""
        data = None if body is None else to_bytes(body)
        return encode(method, target, fields, data, host), False

    @staticmethod
    def _raw(lines):
        finish = lines[-1] == "<finish>"
        if finish:
            lines = lines[:-1]
        text = "\r\n".join(lines)
        if not lines[-1]:
            text += "\r\n"
        return to_bytes(text), finish

    @staticmethod
    def _fill(line, names):
        def value(found):
            name = found.group(1)
            if name not in names:
                raise Fault("nothing is called {{%s}} here" % name)
            return str(names[name])

        line = NAME.sub(value, line)
        while "<new>" in line:
            line = line.replace("<new>", str(uuid.uuid4()), 1)
        return REPEAT.sub(repeated, line)


def repeated(found):
    return found.group(1).replace("\\n", "\r\n") * int(found.group(2))


def to_bytes(text):
    out, end = b"", 0
    for found in BYTE.finditer(text):
        out += text[end : found.start()].encode() + bytes([int(found.group(1), 16)])
        end = found.end()
    return out + text[end:].encode()


class Dialogue:
    """One file: what the server is started with, and the steps."""

    def __init__(self, path):
        self.path = path
        self.flags, self.tokens, self.lets, self.steps = [], [], {}, []
        with open(path, encoding="utf-8") as file:
            lines = file.read().split("\n")
        start = next((i for i, line in enumerate(lines) if line.startswith("== ")), len(lines))
        for line in lines[:start]:
            self._head(line)
        while start < len(lines):
            end = start + 1
            while end < len(lines) and not lines[end].startswith("== "):
                end += 1
            try:
                self._block(start + 1, lines[start][3:].strip(), lines[start + 1 : end])
            except Fault as fault:
                raise Fault(f"{path}:{start + 1}: {fault}") from None
            start = end

    def _head(self, line):
        found = re.fullmatch(r"# (flags|tokens|let (\w+)) ?[:=] (.*)", line)
        if not found:
            if line.strip() and not line.startswith("#"):
                raise Fault(f"{self.path}: before the first == stand comments: {line!r}")
        elif found.group(1) == "flags":
            self.flags += shlex.split(found.group(3))
        elif found.group(1) == "tokens":
            self.tokens.append(found.group(3))
        else:
            self.lets[found.group(2)] = self._apply(found.group(3), self.lets)

    @staticmethod
    def _apply(text, values):
        return NAME.sub(lambda found: values.get(found.group(1), found.group()), text)

    def _block(self, line, title, lines):
        lines = [one for one in lines if not one.startswith("#")]
        columns, rows = [], [[]]
        for i, one in enumerate(lines):
            if one.startswith("rows: "):
                columns = [name.strip() for name in COLUMN.split(one[6:])]
                rows = [COLUMN.split(row) for row in lines[i + 1 :] if row.strip()]
                lines = lines[:i]
                break
        if "--" not in lines:
            raise Fault("no line -- between request and answer")
        for row in rows:
            if len(row) != len(columns):
                raise Fault("a row has %d columns, not %d: %r" % (len(row), len(columns), row))
            cells = {name: self._apply(cell.strip(), self.lets) for name, cell in zip(columns, row)}
            values = {**self.lets, **cells}
            self._step(line, title, [self._apply(one, values) for one in lines], row)

    def _step(self, line, title, lines, row):
        cut = lines.index("--")
        request = strip_blank(lines[:cut])
        if request[0] == "raw":
            request = lines[:cut]  # its last empty line counts
        answers, part = [], []
        for one in [*lines[cut + 1 :], "-- next"]:
            if one == "-- next":
                answers.append(Answer(strip_blank(part)))
                part = []
            else:
                part.append(one)
        name = f"{title}: {row[0].strip()}" if row else title
        self.steps.append(Step(name, line, request, answers))


def strip_blank(lines):
    while lines and not lines[0].strip():
        lines = lines[1:]
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    if not lines:
        raise Fault("an empty request or answer")
    return lines
