"""The layer check: who may include what.

The only list is the DEPS of each room's flotilla_room() call; cmake/Room.cmake links by it.
"""

import re

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')

# Third-party headers that one place owns: pattern, folders that may include it, why.
OWNED = [
    (re.compile(r"^boost/beast"), ("src/http/",), "Beast stays inside src/http"),
    (re.compile(r"^boost/asio/ssl"), ("src/http/", "src/db/postgres/", "src/bus/redis/"),
     "TLS streams belong to the I/O rooms"),
    (re.compile(r"^sqlite3"), ("src/db/sqlite/",), "a driver's header stays in its folder"),
    (re.compile(r"^libpq"), ("src/db/postgres/",), "a driver's header stays in its folder"),
    (re.compile(r"^grpc|^google/protobuf|\.pb\.h$"), ("src/a2a/grpc/", "bench/"),
     "gRPC and protobuf stay inside src/a2a/grpc"),
    (re.compile(r"^a2a/grpc/"), ("src/a2a/grpc/", "src/app/"),
     "the gRPC binding is a library of its own, which only the program links"),
    (re.compile(r"^boost/asio\.hpp$"), (), "name the Asio header, not the umbrella"),
    (re.compile(r"^boost/cobalt|^boost/asio/experimental/coro"), (), "asio::awaitable only"),
]
DETACHED = re.compile(r"\basio::detached\b")


def read_rooms(root):
    """Room -> DEPS, from src/*/CMakeLists.txt; and the order of src/CMakeLists.txt."""
    order_text = (root / "src/CMakeLists.txt").read_text()
    order = re.search(r"set\(rooms\s+([^)]*)\)", order_text).group(1).split()
    rooms = {}
    for room in order:
        path = root / "src" / room / "CMakeLists.txt"
        if not path.is_file():
            continue
        call = re.search(r"flotilla_room\(([^)]*)\)", re.sub(r"#.*", "", path.read_text()))
        words = call.group(1).split() if call else []
        deps, keyword = [], None
        for word in words:
            if word in ("NAME", "DEPS", "LIBS", "PROGRAM"):
                keyword = word
            elif keyword == "DEPS":
                deps.append(word)
        rooms[room] = deps
    return order, rooms


def check_order(order, rooms):
    for room, deps in rooms.items():
        for dep in deps:
            name = dep.split("/")[0]
            if name not in order:
                yield f"src/{room}/CMakeLists.txt: DEPS names the unknown room {name}"
            elif order.index(name) >= order.index(room):
                yield f"src/{room}/CMakeLists.txt: DEPS {dep} points up: {name} is not below {room}"


def check_include(where, room, header, rooms):
    other = header.split("/")[0]
    if "/" not in header:
        yield f'{where}: include "{header}" from the root of src: "{room}/{header}"'
    elif other == room:
        return
    elif other not in rooms:
        yield f'{where}: "{header}" is in no room'
    elif other not in rooms[room] and header not in rooms[room]:
        yield (f'{where}: {room} may not include "{header}" '
               f"(src/{room}/CMakeLists.txt allows: {' '.join(rooms[room]) or 'nothing'})")
    elif "internal" in header.rsplit("/", 1)[-1]:
        yield f'{where}: "{header}" is internal to {other}'


def check_owned(where, relative, header):
    for pattern, folders, why in OWNED:
        if pattern.search(header) and not relative.startswith(tuple(folders)):
            yield f"{where}: <{header}> is not allowed here: {why}"


def check_file(root, path, rooms):
    relative = str(path.relative_to(root))
    parts = relative.split("/")
    if parts[0] != "src" or len(parts) < 3:
        return
    room = parts[1]
    if room not in rooms:
        yield f"{relative}: src/{room} is not listed in src/CMakeLists.txt"
        return
    if path.suffix == ".h" and "#pragma once" not in path.read_text():
        yield f"{relative}: has no #pragma once"
    for number, line in enumerate(path.read_text().splitlines(), 1):
        where = f"{relative}:{number}"
        if room != "async" and DETACHED.search(line):
            yield f"{where}: no detached coroutine outside async: use a TaskGroup"
        match = INCLUDE.match(line)
        if not match:
            continue
        if match.group(1) == '"':
            yield from check_include(where, room, match.group(2), rooms)
        yield from check_owned(where, relative, match.group(2))


def check(root, paths):
    order, rooms = read_rooms(root)
    faults = list(check_order(order, rooms))
    for path in paths:
        faults += check_file(root, path, rooms)
    return faults
