"""What refuses to start says why and ends with 2; what starts says so in one line."""

import os
import subprocess

from server import BIN, Server, write_tokens


def refused(arguments, environment=None):
    clean = {key: value for key, value in os.environ.items() if not key.startswith("FLOTILLA_")}
    clean.update(environment or {})
    return subprocess.run(
        [BIN, *arguments], capture_output=True, text=True, timeout=30, env=clean
    )


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def test_bad_settings_are_told_and_refused(checks, folder):
    memory = ["serve", "--database", "sqlite::memory:", "--listen", "127.0.0.1:0"]
    no_file = f"{folder}/missing"
    broken = write(f"{folder}/broken.yaml", "listen: [\n")
    unknown = write(f"{folder}/unknown.yaml", "lisen: 127.0.0.1:0\n")
    tokens = write(f"{folder}/tokens.yaml", "- name: alice\n  role: king\n")
    cases = [
        (["serve", "--lisen", "x"], {}, 2, "--listen"),
        (["serve", "extra"], {}, 2, "extra"),
        (["serve", "--listen", "nonsense"], {}, 2, "listen"),
        (["serve", "--listen", "127.0.0.1:99999"], {}, 2, "listen"),
        (["serve", "--listen", "0.0.0.0:0", "--database", "sqlite::memory:"], {}, 2, "--tokens"),
        (["serve", "--database", "mysql:x"], {}, 2, "database"),
        ([*memory, "--durability", "none"], {}, 2, "durability"),
        ([*memory, "--threads", "many"], {}, 2, "threads"),
        ([*memory, "--body-limit", "big"], {}, 2, "body-limit"),
        ([*memory, "--a2a-profile", "2.0"], {}, 2, "a2a-profile"),
        ([*memory, "--dedupe", "soon"], {}, 2, "dedupe"),
        ([*memory, "--trusted-proxy", "10.0.0.0/99"], {}, None, "10.0.0.0/99"),
        ([*memory, "--config", no_file], {}, 2, no_file),
        ([*memory, "--config", broken], {}, 2, broken),
        ([*memory, "--config", unknown], {}, 2, "lisen"),
        ([*memory, "--tokens", no_file], {}, None, no_file),
        ([*memory, "--tokens", tokens], {}, 2, "/0"),
        ([*memory, "--tls-cert", no_file, "--tls-key", no_file], {}, None, no_file),
        (memory, {"FLOTILLA_LISEN": "x"}, 2, "FLOTILLA_LISEN"),
        (memory, {"FLOTILLA_THREADS": "-1"}, 2, "FLOTILLA_THREADS"),
        (["nonsense"], {}, 2, "nonsense"),
        (["config", "--config", unknown], {}, 2, "lisen"),
    ]
    for arguments, environment, status, says in cases:
        got = refused(arguments, environment)
        if status is None:
            checks.that(got.returncode in (1, 2), arguments, got.returncode)
        else:
            checks.equal(got.returncode, status, arguments, environment, got.stderr)
        checks.that(says in got.stderr, arguments, "should say", says, "got", got.stderr)
        checks.equal(got.stdout, "", arguments)


def test_a_port_that_is_taken(checks, folder):
    with Server(folder) as server:
        address = f"{server.host}:{server.port}"
        got = refused(["serve", "--listen", address, "--database", "sqlite::memory:"])
        checks.equal(got.returncode, 1, got.stderr)
        checks.that(address in got.stderr, got.stderr)


def test_a_store_that_cannot_be_opened(checks, folder):
    write(f"{folder}/text.db", "this is no database, " * 100)
    os.mkdir(f"{folder}/directory")
    for path in (f"{folder}/text.db", f"{folder}/none/flotilla.db", f"{folder}/directory"):
        got = refused(["serve", "--listen", "127.0.0.1:0", "--database", f"sqlite:{path}"])
        checks.equal(got.returncode, 1, path, got.stderr)
        checks.that(path in got.stderr, got.stderr)
    with open(f"{folder}/text.db", encoding="utf-8") as file:
        checks.that(file.read().startswith("this is no"), "the file was overwritten")


def test_settings_come_from_flag_environment_file_and_default(checks, folder):
    path = write(
        f"{folder}/flotilla.yaml", "listen: 127.0.0.1:1\nthreads: 3\nallow-host: [a.example]\n"
    )
    environment = {
        "FLOTILLA_THREADS": "2",
        "FLOTILLA_DEDUPE": "5s",
        "FLOTILLA_URL": "http://unused.example",
        "FLOTILLA_SERVICE_HOST": "10.0.0.1",
        "FLOTILLA_PORT_80_TCP": "tcp://10.0.0.1:80",
    }
    got = refused(["config", "-o", "json", "--config", path, "--dedupe", "9s"], environment)
    checks.equal(got.returncode, 0, got.stderr)
    for text in ('"127.0.0.1:1"', '"2"', "9s", "a.example", "FLOTILLA_THREADS", "flotilla.yaml"):
        checks.that(text in got.stdout, text, "in", got.stdout)


def test_every_address_that_may_be_served(checks, folder):
    write_tokens(f"{folder}/tokens.yaml", ["alice operator default"])
    secured = ["--tokens", f"{folder}/tokens.yaml"]
    for name, listen, flags in (
        ("v6", "[::1]:0", []),
        ("all", "0.0.0.0:0", secured),
        ("open", "0.0.0.0:0", ["--insecure"]),
        ("name", "localhost:0", []),
    ):
        with Server(f"{folder}/{name}", *flags, listen=listen) as server:
            server.address = ("::1" if name == "v6" else "127.0.0.1", server.port)
            server.host = "[::1]" if name == "v6" else "localhost"
            checks.equal(server.call("GET", "/health/ready").status, 200, listen, flags)
            status = server.call("GET", "/api/v1/tasks").status
            checks.equal(status, 401 if name == "all" else 200, listen, flags)


def test_tokens_may_be_for_themselves(checks, folder):
    """A token file that others may read is told of; the tokens are nowhere in the log."""
    write_tokens(f"{folder}/tokens.yaml", ["alice operator default"])
    os.chmod(f"{folder}/tokens.yaml", 0o644)
    with Server(folder, "--tokens", f"{folder}/tokens.yaml") as server:
        server.get("/api/v1/tasks", token="alice")
        server.call("GET", "/api/v1/tasks", token="mallory")
        log = server.log()
        checks.that('"level":"warn"' in log and "tokens.yaml" in log, "no warning:", log)
        checks.that("alice-token" not in log and "mallory-token" not in log, "tokens in the log")
