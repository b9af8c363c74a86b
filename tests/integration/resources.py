"""Resources: applied, listed, watched, changed by several, deleted; secrets stay secret."""

import glob
import json
import os
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor

from cli_server import Cli, said
from server import Server, program, write_tokens
from wire import encode

API = "/api/v1/namespaces/default"
URL = "http://127.0.0.1:9/mcp"
YAML = [("Content-Type", "application/yaml")]


def server(name="one", spec=None, **metadata):
    return resource("ToolServer", name, metadata, spec=spec or {"url": URL})


def config_map(name="one", data=None, **metadata):
    return resource("ConfigMap", name, metadata, data=data or {"key": "value"})


def secret(name="token", value="hunter2", **metadata):
    return resource("Secret", name, metadata, stringData={"key": value})


def resource(kind, name, metadata=None, **members):
    return {
        "apiVersion": "flotilla.dev/v1",
        "kind": kind,
        "metadata": {"name": name, **(metadata or {})},
        **members,
    }


def spec(**members):
    return server(spec={"url": URL, **members})


def command(**members):
    return server(spec={"command": "npx", **members})


def reference(name="token", key="key"):
    return {"secretKeyRef": {"name": name, "key": key}}


def apply(house, documents, query="", token=None):
    return house.call("POST", f"/api/v1/apply{query}", body=documents, token=token)


def applied(house, documents, query="", token=None):
    answer = apply(house, documents, query, token)
    assert answer.status == 200, (answer.status, answer.text())
    return [one["result"] for one in answer.json()["items"]]


# A document, and the pointer of what is wrong with it.
BAD = [
    ("text", ""),
    (None, ""),
    ({}, "/kind"),
    ({"kind": "ToolServer"}, "/spec"),
    ({"kind": 7}, "/kind"),
    (resource("ToolSever", "x", spec={}), "/kind"),
    (resource("toolserver", "x", spec={}), "/kind"),
    ({**server(), "apiVersion": "v2"}, "/apiVersion"),
    ({**server(), "apiVersion": "v1"}, "/apiVersion"),
    ({key: value for key, value in server().items() if key != "apiVersion"}, "/apiVersion"),
    ({**server(), "metadata": []}, "/metadata"),
    ({**server(), "metadata": {}}, "/metadata/name"),
    (server("Upper"), "/metadata/name"),
    (server("a" * 64), "/metadata/name"),
    (server("under_score"), "/metadata/name"),
    (server("one", namespace="No"), "/metadata/namespace"),
    (server("one", labels={"a b": "c"}), "/metadata/labels/a b"),
    (server("one", labels={"a": "b c"}), "/metadata/labels/a"),
    (server("one", labels={"a": 1}), "/metadata/labels/a"),
    (server("one", labels={"x/y/z": "1"}), "/metadata/labels/x~1y~1z"),
    (server("one", labels={f"k{i}": "v" for i in range(65)}), "/metadata/labels"),
    (server("one", annotations={"a": "x" * 300_000}), "/metadata/annotations"),
    (server("one", resourceVersion="abc"), "/metadata/resourceVersion"),
    (server("one", lables={}), "/metadata/lables"),
    (server("one", ownerReferences=[{"kind": "Nothing", "name": "x"}]), "/metadata/ownerReferences/0/kind"),
    ({**server(), "spec": "text"}, "/spec"),
    ({**server(), "sepc": {}}, "/sepc"),
    (server(spec={"timeout": "5s"}), "/spec/url"),
    (spec(command="npx"), "/spec/command"),
    (server(spec={"url": "ftp://x"}), "/spec/url"),
    (server(spec={"url": "http://"}), "/spec/url"),
    (server(spec={"url": "http://me:pw@example.org/"}), "/spec/url"),
    (server(spec={"url": "https://example.org/a b"}), "/spec/url"),
    (server(spec={"url": "https://example.org/#x"}), "/spec/url"),
    (server(spec={"url": 7}), "/spec/url"),
    (spec(transport="carrier-pigeon"), "/spec/transport"),
    (spec(transport="stdio"), "/spec/transport"),
    (command(transport="sse"), "/spec/transport"),
    (command(cwd="relative"), "/spec/cwd"),
    (command(headers=[{"name": "A", "value": "b"}]), "/spec/headers"),
    (command(env=[{"name": "1A", "value": "b"}]), "/spec/env/0/name"),
    (command(env=[{"name": "A", "value": "b"}, {"name": "A", "value": "c"}]), "/spec/env/1/name"),
    (spec(args=["x"]), "/spec/args"),
    (spec(timeout="soon"), "/spec/timeout"),
    (spec(timeout="0s"), "/spec/timeout"),
    (spec(timeout="25h"), "/spec/timeout"),
    (spec(timeuot="5s"), "/spec/timeuot"),
    (spec(headers={"a": "b"}), "/spec/headers"),
    (spec(headers=[{"name": "a:b", "value": "c"}]), "/spec/headers/0/name"),
    (spec(headers=[{"name": "Host", "value": "c"}]), "/spec/headers/0/name"),
    (spec(headers=[{"name": "A"}]), "/spec/headers/0/value"),
    (spec(headers=[{"value": "x"}]), "/spec/headers/0/name"),
    (spec(headers=[{"name": "A", "value": "x\r\nB: c"}]), "/spec/headers/0/value"),
    (spec(headers=[{"name": "A", "value": "b", "valueFrom": reference()}]), "/spec/headers/0/value"),
    (spec(headers=[{"name": "A", "valueFrom": {}}]), "/spec/headers/0/valueFrom"),
    (
        spec(headers=[{"name": "A", "valueFrom": {"secretKeyRef": {"name": "t"}}}]),
        "/spec/headers/0/valueFrom/secretKeyRef/key",
    ),
    (
        spec(headers=[{"name": "A", "valueFrom": reference("No")}]),
        "/spec/headers/0/valueFrom/secretKeyRef/name",
    ),
    (spec(headers=[{"name": "A", "value": "b"}, {"name": "a", "value": "b"}]), "/spec/headers/1/name"),
    (spec(allowedTools=[""]), "/spec/allowedTools/0"),
    (spec(allowedTools="all"), "/spec/allowedTools"),
    (spec(rename={"a": "b c"}), "/spec/rename/a"),
    (spec(rename={"a": "x", "b": "x"}), "/spec/rename/b"),
    (spec(prefix="a b"), "/spec/prefix"),
    (spec(toolPinning="maybe"), "/spec/toolPinning"),
    (spec(trustAnnotations="yes"), "/spec/trustAnnotations"),
    (spec(tls={}), "/spec/tls"),
    (
        server(spec={"url": "https://example.org", "tls": {"clientCertSecretRef": {"name": "a", "key": "b"}}}),
        "/spec/tls/clientKeySecretRef",
    ),
    (spec(oauth={"grant": "password"}), "/spec/oauth/grant"),
    (spec(oauth={"grant": "client-credentials"}), "/spec/oauth/clientId"),
    (spec(oauth={"clientMetadataUrl": "http://example.org"}), "/spec/oauth/clientMetadataUrl"),
    (spec(oauth={"scopes": ["a b"]}), "/spec/oauth/scopes/0"),
    (resource("Secret", "x", data={"key": "not base64!"}), "/data/key"),
    (resource("Secret", "x", data={"a/b": "YQ=="}), "/data/a~1b"),
    (resource("Secret", "x", stringData={"key": 1}), "/stringData/key"),
    (resource("Secret", "x", spec={}), "/spec"),
    (resource("Secret", "x", dtaa={}), "/dtaa"),
    (resource("Secret", "x", stringData={"key": "x" * 1_100_000}), "/data"),
    (resource("ConfigMap", "x", data={"key": 1}), "/data/key"),
    (resource("ConfigMap", "x", data={"..": "x"}), "/data/.."),
    (resource("ConfigMap", "x", data={"a": "x"}, binaryData={"a": "YQ=="}), "/binaryData/a"),
]


def test_bad_documents_are_told_by_their_field(checks, folder):
    with Server(folder) as house:
        for document, pointer in BAD:
            answer = apply(house, [config_map("first"), document])
            what = json.dumps(document)[:200]
            checks.equal(answer.status, 400, what, answer.text()[:300])
            errors = answer.json().get("errors", [])
            first = errors[0]["pointer"] if errors else None
            checks.equal(first, "/1" + pointer, what, answer.text()[:300])
        checks.equal(house.get(f"{API}/configmaps")["items"], [], "all are checked before one is written")
        late = apply(house, [resource("Secret", "x", data={"key": None})]).json()["items"][0]
        checks.equal((late["result"], late["error"]["fields"][0]["field"]), ("failed", "/data/key"))
        checks.that("did you mean 'timeout'" in apply(house, [spec(timeuot="1s")]).text(), "a suggestion")
        checks.that("did you mean ToolServer" in apply(house, [resource("ToolSever", "x")]).text(), "kind")
        checks.equal(house.get("/health/ready")["status"], "ok", "it lives")


def test_bad_requests_are_refused(checks, folder):
    with Server(folder) as house:
        applied(house, [server(), config_map(), secret()])
        one = f"{API}/toolservers/one"
        cases = [
            ("POST", "/api/v1/apply", b"{", [], 400),
            ("POST", "/api/v1/apply", b"[1,", [], 400),
            ("POST", "/api/v1/apply", b"a: [", YAML, 400),
            ("POST", "/api/v1/apply", b"a: &x [*x]", YAML, 400),
            ("POST", "/api/v1/apply", b"\xff\xfe", YAML, 400),
            ("POST", "/api/v1/apply", b"", [], 400),
            ("POST", "/api/v1/apply?dryRun=maybe", [], [], 400),
            ("POST", "/api/v1/apply?prune=a%20b%20c", [], [], 400),
            ("POST", "/api/v1/apply?namespace=No%2F", [server()], [], 400),
            ("POST", "/api/v1/apply", [config_map("a"), config_map("a")], [], 400),
            ("POST", "/api/v1/apply", [config_map(f"c{i}") for i in range(2001)], [], 400),
            ("POST", "/api/v1/apply", b"[" * 100 + b"]" * 100, [], 400),
            ("POST", f"{API}/toolservers", server("one"), [], 409),
            ("POST", f"{API}/toolservers", config_map("two"), [], 400),
            ("POST", f"{API}/toolservers", server("two", namespace="other"), [], 400),
            ("POST", f"{API}/toolservers", [server("two")], [], 400),
            ("PUT", one, server("two"), [], 400),
            ("PUT", f"{API}/toolservers/none", server("none"), [], 404),
            ("PUT", one, server("one", resourceVersion="1"), [], 409),
            ("PUT", one, server("one", uid="other"), [], 409),
            ("PUT", one, b"null", [], 400),
            ("PATCH", one, [], [], 400),
            ("PATCH", one, {"spec": {"nonsense": 1}}, [], 400),
            ("PATCH", one, {"spec": {"url": None}}, [], 400),
            ("PATCH", one, {"metadata": {"name": "two"}}, [], 400),
            ("PATCH", one, {"kind": "Secret"}, [], 400),
            ("PATCH", f"{API}/toolservers/none", {}, [], 404),
            ("DELETE", f"{API}/toolservers/none", None, [], 404),
            ("DELETE", f"{one}?resourceVersion=1", None, [], 409),
            ("DELETE", f"{one}?resourceVersion=x", None, [], 400),
            ("GET", f"{API}/toolservers/none", None, [], 404),
            ("GET", f"{API}/toolservers?limit=0", None, [], 400),
            ("GET", f"{API}/toolservers?limit=501", None, [], 400),
            ("GET", f"{API}/toolservers?cursor=x", None, [], 400),
            ("GET", f"{API}/toolservers?labelSelector=%3D", None, [], 400),
            ("GET", f"{API}/toolservers?labelSelector=a%20in%20b", None, [], 400),
            ("GET", f"{API}/toolservers?after=x", None, [("Accept", "text/event-stream")], 400),
            ("GET", f"{API}/toolservers", None, [("Accept", "text/event-stream"), ("Last-Event-ID", "x")], 400),
            ("GET", "/api/v1/schemas/widget", None, [], 404),
            ("GET", "/api/v1/widgets", None, [], 404),
            ("POST", "/api/v1/toolservers", server(), [], 405),
        ]
        for method, target, body, headers, status in cases:
            answer = house.call(method, target, headers, body)
            checks.equal(answer.status, status, method, target, str(body)[:80], answer.text()[:300])
            checks.equal(answer.get("Content-Type"), "application/problem+json", method, target)
        got = house.get(one)
        checks.equal((got["metadata"]["generation"], got["spec"]["url"]), (1, URL), "nothing changed")


def test_writes_race_and_one_wins(checks, folder):
    with Server(folder) as house:
        applied(house, [config_map("count", {"n": "0"})])
        target = f"{API}/configmaps/count"

        def add(_):
            tries = 0
            while True:
                tries += 1
                stored = house.get(target)
                stored["data"]["n"] = str(int(stored["data"]["n"]) + 1)
                answer = house.call("PUT", target, (), stored)
                if answer.status == 200:
                    return tries
                assert answer.status == 409, answer.text()

        with ThreadPoolExecutor(8) as pool:
            tries = list(pool.map(add, range(40)))
        stored = house.get(target)
        checks.equal(stored["data"]["n"], "40", "no write was lost")
        checks.that(stored["metadata"]["generation"] == 41, stored["metadata"], sum(tries))
        # Without a version the last one wins, and nobody is told of a conflict.
        with ThreadPoolExecutor(8) as pool:
            answers = list(
                pool.map(
                    lambda i: house.call("PATCH", target, (), {"data": {f"k{i}": "v"}}).status, range(24)
                )
            )
        checks.equal(set(answers), {200}, answers)
        checks.equal(len(house.get(target)["data"]), 25)


def follow(house, target, after=None):
    headers = [("Accept", "text/event-stream")]
    if after is not None:
        headers.append(("Last-Event-ID", after))
    connection = house.connect()
    connection.send(encode("GET", target, headers))
    response = connection.read_head()
    assert response.status == 200, response.status
    return connection, connection.events(response)


def changes(events, count, known):
    """So many changes of a stream, without those of the status; `known` remembers generations."""
    out = []
    while len(out) < count:
        event = next(events)
        if event.event in ("cursor", "bye"):
            continue
        one = event.json()["object"]
        key = (event.event, one["metadata"]["name"], one["metadata"]["generation"])
        if event.event == "modified" and known.get(key[1]) == key[2]:
            continue
        known[key[1]] = key[2]
        out.append((event.id, key))
    return out


def test_watches_go_on_over_restarts(checks, folder):
    house = Server(folder, database=f"sqlite:{folder}/store.db")
    with house:
        target = f"{API}/configmaps"
        start = house.get(target)["resourceVersion"]
        known = {}
        connection, events = follow(house, target, start)
        with connection:
            applied(house, [config_map("a")])
            applied(house, [config_map("a", {"key": "new"}), secret()])
            seen = changes(events, 2, known)
        checks.equal([key for _, key in seen], [("added", "a", 1), ("modified", "a", 2)])
        house.call("DELETE", f"{target}/a")
        applied(house, [config_map("b")])
        house.stop()
        house.start()
        applied(house, [config_map("c")])
        connection, events = follow(house, target, seen[-1][0])
        with connection:
            rest = changes(events, 3, known)
        names = [key for _, key in rest]
        checks.equal(names, [("deleted", "a", 2), ("added", "b", 1), ("added", "c", 1)])
        house.process.send_signal(signal.SIGKILL)
        house.kill()
        house.start()
        names = [one["metadata"]["name"] for one in house.get(target)["items"]]
        checks.equal(names, ["b", "c"], "after kill -9")
        # A stream of all namespaces, from the start, over a page's length.
        connection, events = follow(house, "/api/v1/configmaps", "0")
        with connection:
            checks.equal(changes(events, 1, {})[0][1], ("added", "a", 1))
        connection, events = follow(house, target, "999999999")
        with connection:
            kinds = [next(events).event, next(events).event]
            checks.equal(kinds, ["cursor", "gap"], "a cursor of nobody's")


def test_prune_and_dry_run(checks, folder):
    with Server(folder) as house:
        labelled = {"labels": {"app": "web"}}
        documents = [
            secret("token", **labelled),
            server("one", {"url": URL, "headers": [{"name": "A", "valueFrom": reference()}]}, **labelled),
            config_map("three", **labelled),
        ]
        checks.equal(applied(house, documents, "?dryRun=server"), ["created"] * 3)
        checks.equal(house.get("/api/v1/toolservers")["items"], [])
        checks.equal(applied(house, documents), ["created"] * 3)
        applied(house, [config_map("other"), config_map("far", namespace="far", **labelled)])
        checks.equal(applied(house, documents), ["unchanged"] * 3)
        in_use = house.call("DELETE", f"{API}/secrets/token")
        checks.equal(in_use.status, 409, in_use.text())
        checks.that("ToolServer default/one" in in_use.text(), in_use.text())
        checks.equal(
            applied(house, documents[2:], "?prune=app%3Dweb&dryRun=server"), ["unchanged", "pruned", "pruned"]
        )
        checks.equal(len(house.get("/api/v1/secrets")["items"]), 1)
        checks.equal(applied(house, documents[2:], "?prune=app%3Dweb"), ["unchanged", "pruned", "pruned"])
        names = [one["metadata"]["name"] for one in house.get("/api/v1/configmaps")["items"]]
        checks.equal(sorted(names), ["far", "other", "three"], "others' namespaces and labels stay")
        applied(house, [config_map("owner")])
        applied(house, [config_map("owned", ownerReferences=[{"kind": "ConfigMap", "name": "owner"}])])
        checks.equal(house.call("DELETE", f"{API}/configmaps/owner").status, 200)
        checks.equal(house.call("GET", f"{API}/configmaps/owned").status, 404, "goes with its owner")


def test_secrets_stay_secret(checks, folder):
    values = ["correct-horse-battery", "staple-4711-entropy"]
    house = Server(folder, "--log-level", "debug", database=f"sqlite:{folder}/store.db")
    with house:
        answers = [apply(house, [secret("token", values[0])]).text()]
        answers.append(house.call("PUT", f"{API}/secrets/token", (), secret("token", values[1])).text())
        bad = resource("Secret", "bad", stringData={"key": values[0]}, dtaa={"x": values[1]})
        answers.append(apply(house, [bad]).text())
        bad = resource("Secret", "bad", data={"key": values[0] + "!"})
        answers.append(apply(house, [bad]).text())
        patch = {"stringData": {"more": values[0]}}
        answers.append(house.call("PATCH", f"{API}/secrets/token", (), patch).text())
        for target in ("/api/v1/secrets", f"{API}/secrets/token", "/api/v1/events", "/openapi.json"):
            answers.append(house.call("GET", target).text())
        connection, events = follow(house, "/api/v1/secrets", "0")
        with connection:
            next(events)
            answers += [next(events).data, next(events).data]
        cli = Cli(folder, house)
        for words in (["get", "secrets", "-o", "json"], ["describe", "secret/token"], ["get", "secret/token", "-o", "yaml"]):
            got = cli.run(*words)
            answers.append(got.stdout + got.stderr)
        document = house.get(f"{API}/secrets/token")
        checks.equal(document["data"], {"key": None, "more": None})
        checks.equal(applied(house, [document]), ["unchanged"], "what was read can be written")
        checks.equal(house.call("POST", "/api/v1/keys/rotate?kind=sealing").status, 200)
        house.stop()
        for text in answers:
            for value in values:
                checks.that(value not in text, "an answer has it:", text[:300])
        encoded = [value.encode() for value in values]
        encoded += [__import__("base64").b64encode(one) for one in encoded]
        for path in glob.glob(f"{folder}/*"):
            if os.path.isdir(path):
                continue
            with open(path, "rb") as file:
                data = file.read()
            for value in encoded:
                checks.that(value not in data, path, "has", value)
        house.start()
        checks.equal(applied(house, [document]), ["unchanged"], "sealed again, and still to be opened")


def test_roles(checks, folder):
    write_tokens(f"{folder}/tokens.yaml", ["olga operator default", "vera viewer default", "root admin *"])
    with Server(folder, "--tokens", f"{folder}/tokens.yaml") as house:
        checks.equal(applied(house, [server()], token="olga"), ["created"])
        got = apply(house, [command()], token="olga").json()["items"][0]
        checks.equal(got["result"], "failed")
        checks.equal(got["error"]["fields"][0]["field"], "/spec/command", got)
        checks.equal(apply(house, [server()], token="vera").status, 403)
        checks.equal(house.call("GET", "/api/v1/toolservers", token="vera").status, 200)
        elsewhere = apply(house, [server("x", namespace="other")], token="olga")
        checks.equal(elsewhere.status, 404, elsewhere.text())
        checks.equal(applied(house, [server("x", namespace="other")], token="root"), ["created"])


def write(folder, name, text):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def manifest(kind, name, rest):
    return f"apiVersion: flotilla.dev/v1\nkind: {kind}\nmetadata:\n  name: {name}\n{rest}"


GOOD = manifest("ConfigMap", "limits", "data:\n  most: '5'\n")
TWO = manifest("ToolServer", "github", f"spec:\n  url: {URL}\n") + "---\n" + GOOD


def test_the_command_line(checks, folder):
    with Server(folder) as house:
        cli = Cli(folder, house)
        deploy = os.path.join(folder, "deploy")
        two = write(deploy, "a.yaml", TWO)
        write(deploy, "b.json", json.dumps([config_map("third", labels={"app": "web"})]))
        write(deploy, "README.md", "not a manifest")
        said(checks, cli.run("diff", "-f", deploy), 1, "+  name: github")
        said(checks, cli.run("apply", "-f", deploy, "--dry-run=server"), 0, "toolserver/github created (server dry run)")
        got = cli.run("apply", "-f", deploy)
        created = ["toolserver/github created", "configmap/limits created", "configmap/third created"]
        checks.equal((got.returncode, got.stdout.split("\n")[:-1]), (0, created), got.stderr)
        checks.equal(cli.run("diff", "-f", deploy).returncode, 0)
        said(checks, cli.run("get", "configmaps", "-l", "app=web", "-o", "name"), 0, "configmap/third")
        said(checks, cli.run("get", "toolserver/github"), 0, "github")
        said(checks, cli.run("get", "cm", "limits", "-o", "yaml"), 0, "most:")
        said(checks, cli.run("get", "agents"), 0, "calculator")
        said(checks, cli.run("describe", "ts", "github"), 0, "Spec:")
        said(checks, cli.run("explain", "toolserver.spec.timeout"), 0, "default: 30s")
        said(checks, cli.run("explain", "secret"), 0, "stringData")
        got = cli.run("get", "configmaps", "-o", "yaml")
        again = cli.run("apply", "-f", "-", given=got.stdout)
        checks.equal((again.returncode, again.stdout.count("unchanged")), (0, 2), again.stdout, again.stderr)
        bad = write(folder, "bad.yaml", manifest("ConfigMap", "new", "") + "---\n" + manifest("ToolServer", "x", "spec:\n  urll: a\n"))
        got = cli.run("apply", "-f", two, "-f", bad)
        checks.equal(got.returncode, 1, got.stdout)
        for word in ("bad.yaml", "document 2", "/spec/urll", "'url'"):
            checks.that(word in got.stderr, word, got.stderr)
        got = cli.run("apply", "-f", "-", given="a: [1\n")
        checks.that(got.returncode == 1 and "standard input" in got.stderr and "line" in got.stderr, got.stderr)
        for words, status in (
            (["apply", "-f", "nowhere.yaml"], 7),
            (["apply"], 2),
            (["apply", "-f", two, "--prune"], 2),
            (["apply", "-f", two, "--dry-run=client"], 2),
            (["get"], 2),
            (["get", "toolserver/none"], 7),
            (["get", "widgets"], 1),
            (["delete"], 2),
            (["delete", "configmaps"], 1),
            (["diff", "-f", bad], 2),
            (["explain", "toolserver.spec.nothing"], 1),
        ):
            got = cli.run(*words)
            checks.equal(got.returncode, status, words, got.stderr)
            checks.that(got.stderr, words, "says why")
        prune = ["apply", "-f", two, "--prune", "-l", "app=web"]
        said(checks, cli.run(*prune), 0, "configmap/third pruned")
        said(checks, cli.run("delete", "-f", two), 0, "toolserver/github deleted")
        checks.equal(house.get("/api/v1/configmaps")["items"], [])
        said(checks, cli.run("delete", "cm", "limits", "--ignore-not-found"), 0, "")


def test_the_command_line_watches(checks, folder):
    house = Server(folder, database=f"sqlite:{folder}/store.db")
    with house:
        house.keep_port()
        applied(house, [config_map("a")])
        watch = program(
            "get", "cm", "-w", "-o", "json", "--server", house.url, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        try:
            read = lambda: json.loads(watch.stdout.readline())
            first = read()
            checks.equal((first["type"], first["object"]["metadata"]["name"]), ("added", "a"))
            house.stop()
            house.start()
            applied(house, [config_map("b")])
            while True:
                event = read()
                if event["object"]["metadata"]["name"] == "b":
                    break
            checks.equal(event["type"], "added")
            house.call("DELETE", f"{API}/configmaps/a")
            while event["type"] != "deleted":
                event = read()
            checks.equal(event["object"]["metadata"]["name"], "a")
        finally:
            watch.kill()
            watch.communicate()


def test_serve_applies_at_start(checks, folder):
    deploy = os.path.join(folder, "deploy")
    write(deploy, "a.yaml", TWO)
    write(deploy, "b.yaml", manifest("ToolServer", "local", "spec:\n  command: /bin/false\n"))
    with Server(folder, "--apply", deploy) as house:
        names = [one["metadata"]["name"] for one in house.get("/api/v1/toolservers")["items"]]
        checks.equal(names, ["github", "local"], "with the rights of an admin")
    bad = write(folder, "bad/a.yaml", GOOD + "---\n" + manifest("ToolServer", "x", "spec:\n  timeout: soon\n"))
    for path, words in (
        (bad, ("bad/a.yaml", "document 2", "/spec/timeout")),
        (os.path.join(folder, "nowhere"), ("nowhere",)),
        (write(folder, "broken.yaml", "a: [\n"), ("broken.yaml", "line")),
    ):
        try:
            Server(f"{folder}/faulty", "--apply", path).start()
            checks.that(False, "started in spite of", path)
        except RuntimeError as error:
            for word in ("apply: ", *words):
                checks.that(word in str(error), word, error)
