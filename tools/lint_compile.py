"""The checks that need a compiler: lone headers, coroutine query, clang-tidy, GCC.

Each runs once per file and is remembered by content: see Cache. Clang's flags are those of the
dev preset without the precompiled header, so a file that leans on it is found out; GCC's are those
of the gcc preset.
"""

import concurrent.futures
import hashlib
import json
import pathlib
import re
import shlex
import subprocess

FIRST_INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^">]+)', re.MULTILINE)
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)
ALLOWED = "NOLINT(coroutine)"
# These compile a library's sources and hold no code of ours.
FOREIGN = {"asio_impl.cc", "beast_impl.cc"}


class Cache:
    """Remembers passed checks by a hash over command, tool, file and the headers it reaches."""

    def __init__(self, root, tool, extra=()):
        self.root = root
        self.folder = root / "build/cache/lint"
        self.folder.mkdir(parents=True, exist_ok=True)
        version = subprocess.run([tool, "--version"], capture_output=True, check=False).stdout
        self.base = hashlib.sha256(version)
        for path in extra:
            self.base.update((root / path).read_bytes())
        self.contents = {}
        self.reached = {}

    def headers(self, path):
        """Every header of ours that `path` includes, directly or not."""
        seen, todo = set(), [path]
        while todo:
            current = todo.pop()
            if current in seen:
                continue
            seen.add(current)
            if current not in self.reached:
                text = self.content(current).decode(errors="replace")
                found = [self.root / "src" / name for name in INCLUDE.findall(text)]
                self.reached[current] = [p for p in found if p.is_file()]
            todo += self.reached[current]
        return sorted(seen)

    def content(self, path):
        if path not in self.contents:
            self.contents[path] = path.read_bytes()
        return self.contents[path]

    def mark(self, kind, command, path):
        """The file whose presence says that this very check has passed."""
        key = self.base.copy()
        key.update("\0".join([kind, *command]).encode())
        for header in self.headers(path):
            key.update(str(header.relative_to(self.root)).encode() + b"\0")
            key.update(self.content(header))
        return self.folder / f"{kind}-{key.hexdigest()}"


def compile_commands(root, preset):
    """Source -> compiler arguments, without launcher, output and precompiled header."""
    entries = json.loads((root / "build" / preset / "compile_commands.json").read_text())
    commands = {}
    for entry in entries:
        source = pathlib.Path(entry["file"])
        if root / "src" in source.parents and source.name not in FOREIGN:
            commands[source] = strip(shlex.split(entry["command"]), entry["file"], preset)
    return commands


def strip(words, source, preset):
    start = next(i for i, word in enumerate(words) if re.search(r"(clang|g)\+\+[-\d]*$", word))
    kept, words = [], words[start + 1:]
    while words:
        word = words.pop(0)
        if word == "-Xclang":
            words.pop(0)
        elif word == "-o":
            words.pop(0)
        elif word == "-include" and preset != "gcc":
            words.pop(0)
        elif word not in ("-c", "-Winvalid-pch", source):
            kept.append(word)
    return kept


def execute(command, root):
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


def check_each(root, cache, kind, jobs, work, judge):
    """Runs `work` (path -> command) where no mark is found; returns what `judge` objects to."""
    todo = [(path, command, cache.mark(kind, command, path)) for path, command in work.items()]
    todo = [item for item in todo if not item[2].exists()]
    faults = []
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for item, found in zip(todo, pool.map(lambda i: judge(execute(i[1], root)), todo)):
            if found:
                faults.append(f"{item[0].relative_to(root)}:\n{found.replace(f'{root}/', '')}")
            else:
                item[2].touch()
    if todo:
        print(f"lint: {kind}: {len(todo)} of {len(work)} files were checked")
    return faults


def by_status(result):
    if result.returncode == 0:
        return ""
    text = "\n".join(line for line in (result.stdout + result.stderr).splitlines()
                     if not re.match(r"^\d+ warnings?( and \d+ errors?)? (generated|treated)|"
                                     r"^(Suppressed|Use -header-filter|Error while)", line))
    return text[:6000] or f"exit status {result.returncode}"


def by_matches(result):
    """clang-query: any match is a fault unless its line says NOLINT(coroutine)."""
    if result.returncode != 0 or "error:" in result.stderr:
        return (result.stderr or result.stdout)[:6000] or f"exit status {result.returncode}"
    faults = []
    for where, line in re.findall(r'^(\S+?):(\d+):\d+: note: "root" binds here', result.stdout,
                                  re.MULTILINE):
        text = pathlib.Path(where).read_text().splitlines()[int(line) - 1]
        if ALLOWED not in text:
            faults.append(f"{where}:{line}: not beside co_await (CONTRIBUTING.md, coroutines):\n"
                          f"    {text.strip()}")
    if not re.search(r"^\d+ match(es)?\.$", result.stdout, re.MULTILINE):
        faults.append(f"clang-query said nothing: {result.stdout[:500]}")
    return "\n".join(faults)


COMMENT_OR_TEXT = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.DOTALL)
AWAIT_WITH_MORE = re.compile(r"\bco_await\b[^;]*?(?:[\[{?]|\bnew\b|\bthrow\b)|"
                             r"(?:[\[?]|\{[^;\n]|\}\s*[,)]|\bnew\b|\bthrow\b)[^;]*?\bco_await\b")


def awaits_beside(path):
    """Whether a statement has co_await and, in letters, anything that the query is about: a
    lambda, braces, a conditional, new or throw. Most files have none, and need no query."""
    return AWAIT_WITH_MORE.search(COMMENT_OR_TEXT.sub(" ", path.read_text()))


def header_flags(headers, commands, common):
    """A header's flags are those of a source beside it: libraries differ in what they may include."""
    beside = {source.parent: flags for source, flags in sorted(commands.items())}
    return {path: beside.get(path.parent, common) for path in headers}


def first_includes(root, commands):
    """What the linted sources include before all else: clang-tidy finds if it leans on others."""
    firsts = (FIRST_INCLUDE.search(path.read_text()) for path in shipped(commands))
    return {root / "src" / first[1] for first in firsts if first}


def lone_headers(root, flags, jobs):
    cache = Cache(root, "clang++-19")
    work = {path: ["clang++-19", *flags[path], "-fsyntax-only", "-Wno-pragma-once-outside-header",
                   "-x", "c++-header", str(path)] for path in sorted(flags)}
    return check_each(root, cache, "headers", jobs, work, by_status)


def coroutine_query(root, header_commands, commands, jobs):
    cache = Cache(root, "clang-query-19", ["tools/coroutines.query"])
    flags = {path: words + ["-x", "c++-header"] for path, words in header_commands.items()} | commands
    work = {path: ["clang-query-19", "-f", "tools/coroutines.query", str(path), "--",
                   *flags[path], "-Wno-error", "-Wno-pragma-once-outside-header"]
            for path in sorted(flags) if awaits_beside(path)}
    return check_each(root, cache, "coroutines", jobs, work, by_matches)


def shipped(commands):
    return [path for path in sorted(commands)
            if not path.stem.endswith(("_test", "_bench", "_fuzz"))]


def in_part(root, path, part):
    """Every file is in one of the parts, by its name alone."""
    digest = hashlib.sha256(str(path.relative_to(root)).encode()).digest()
    return digest[0] % part[1] == part[0]


def clang_tidy(root, commands, jobs):
    """What ships; tests run under sanitizers, which find more in them for the time."""
    cache = Cache(root, "clang-tidy-19", [".clang-tidy"])
    work = {path: ["clang-tidy-19", "--quiet", str(path), "--", *commands[path]]
            for path in shipped(commands)}
    return check_each(root, cache, "tidy", jobs, work, by_status)


def gcc_syntax(root, commands, jobs):
    """What ships; `./dev test --full` builds the tests with GCC too."""
    cache = Cache(root, "g++")
    work = {path: ["g++", *commands[path], "-fsyntax-only", str(path)] for path in shipped(commands)}
    return check_each(root, cache, "gcc", jobs, work, by_status)


def checks(root, paths, jobs, part):
    clang, gcc = compile_commands(root, "dev"), compile_commands(root, "gcc")
    # Flags that all files share, with the widest set of includes, for headers.
    common = max(clang.values(), key=len, default=["-std=c++23", f"-I{root}/src"])
    headers = [p for p in paths if p.suffix == ".h" and root / "src" in p.parents
               and p.name != "pch.h"]
    header_commands = header_flags(headers, clang, common)
    chosen = set(paths)
    clang = {path: flags for path, flags in clang.items() if path in chosen}
    covered = first_includes(root, clang)
    lone = {path: flags for path, flags in header_commands.items()
            if path not in covered and in_part(root, path, part)}
    tidy = {path: flags for path, flags in clang.items() if in_part(root, path, part)}
    gcc = {path: flags for path, flags in gcc.items() if path in chosen and in_part(root, path, part)}
    return [
        ("headers", lambda: lone_headers(root, lone, jobs)),
        ("coroutines", lambda: coroutine_query(root, header_commands, clang, jobs)),
        ("clang-tidy", lambda: clang_tidy(root, tidy, jobs)),
        ("gcc", lambda: gcc_syntax(root, gcc, jobs)),
    ]
