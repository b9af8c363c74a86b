"""A foreign row answers exactly as a missing one; who may not change, changes nothing."""

import re
import uuid

from calls import CHANGES, ROOTS, about_task, message_1_0
from server import Server, write_tokens
from wire import Cut, Event, encode

PEOPLE = [
    "alice operator default",
    "bob operator default",
    "vera viewer default",
    "dora operator team-b",
    "erin admin team-b",
    "root admin *",
]
STRANGERS = ("bob", "vera", "dora", "erin")
VARYING = ("date", "x-request-id", "etag")


RESOURCES = [
    {"apiVersion": "flotilla.dev/v1", "kind": kind, "metadata": {"name": "echo"}, **members}
    for kind, members in {
        "ToolServer": {"spec": {"url": "http://127.0.0.1:9/mcp"}},
        "Secret": {"stringData": {"key": "hers"}},
        "ConfigMap": {"data": {"key": "hers"}},
    }.items()
]


class House:
    """A server in which alice has a task of each kind."""

    def __init__(self, folder):
        write_tokens(f"{folder}/tokens.yaml", PEOPLE)
        self.server = Server(folder, "--tokens", f"{folder}/tokens.yaml")

    def __enter__(self):
        self.server.start()
        self.tasks = {
            "done": self.send("alice", "@echo done", contextId="alice's"),
            "waiting": self.send("alice", "@echo ask=more?"),
            "running": self.send("alice", "@echo wait", now=True),
        }
        self.send("alice", "@memory remember secret = 4711")
        self.server.call(
            "POST",
            "/api/v1/namespaces/default/subscriptions",
            body={"name": "hers", "patterns": ["*"]},
            token="alice",
        )
        self.server.call("POST", "/api/v1/apply", body=RESOURCES, token="alice")
        return self

    def __exit__(self, *arguments):
        self.server.__exit__(*arguments)

    def send(self, who, text, now=False, **members):
        params = {
            "message": message_1_0(text, **members),
            "configuration": {"returnImmediately": now},
        }
        answer = self.server.rpc("SendMessage", params, token=who)
        return answer["result"]["task"]["id"]

    def journals(self):
        """What alice sees of her tasks: state and number of events."""
        out = {}
        for name, task in self.tasks.items():
            view = self.server.get(f"/api/v1/tasks/{task}", token="alice")
            out[name] = (view["state"], view["seq"])
        return out


def of_resource(event):
    return event.get("stream", "").startswith("resource/")


def plain(response, identifier):
    """The answer without what varies, the identifier replaced."""
    headers = sorted(
        (name.lower(), value) for name, value in response.headers if name.lower() not in VARYING
    )
    return response.status, headers, response.text().replace(identifier, "ID")


def ask(house, who, request, identifier):
    method, target, headers, body = request
    return plain(house.server.call(method, target, headers, body, token=who), identifier)


def test_foreign_tasks_are_missing_over_a2a(checks, folder):
    unknown = str(uuid.uuid4())
    with House(folder) as house:
        before = house.journals()
        for who in STRANGERS:
            for root in ROOTS:
                missing = about_task(root, unknown)
                for kind, task in house.tasks.items():
                    for name, request in about_task(root, task).items():
                        got = ask(house, who, request, task)
                        wanted = ask(house, who, missing[name], unknown)
                        checks.equal(got, wanted, who, root, kind, name)
                        checks.that(got[0] < 500, who, root, name, got)
        checks.equal(house.journals(), before, "strangers changed alice's tasks")
        # What compares equal above is not so for her to whom the task belongs.
        for name in ("GetTask", "tasks/get", "GET /tasks/ID", "GET /v1/tasks/ID"):
            task = house.tasks["done"]
            got = ask(house, "alice", about_task("", task)[name], task)
            wanted = ask(house, "alice", about_task("", unknown)[name], unknown)
            checks.that(got != wanted, "alice", name)


def test_the_api_hides_by_its_own_table(checks, folder):
    """The routes come from /openapi.json: a new one is tested without a word here."""
    foreign = {"id": "task", "uid": "session", "ns": "default", "name": "echo", "kind": "x"}
    foreign["item"] = "memory"
    with House(folder) as house:
        listed = house.server.get("/api/v1/sessions", token="alice")["items"]
        paths = house.server.get("/openapi.json", token="alice")["paths"]
        before = house.journals()
        tried = 0
        for path, operations in paths.items():
            names = re.findall(r"\{(\w+)\}", path)
            if not names:
                continue
            checks.that(set(names) <= set(foreign), "teach this test about", path)
            for method, operation in operations.items():
                streams = "text/event-stream" in operation["responses"]["200"].get("content", {})
                for accept in ["application/json"] + ["text/event-stream"] * streams:
                    headers = [("Accept", accept)]
                    for values, absent in substitutes(path, names, house, listed):
                        tried += 1
                        compare_route(checks, house, method.upper(), path, headers, values, absent)
        checks.that(tried >= 5, "only", tried, "routes name something")
        checks.equal(house.journals(), before, "strangers changed alice's tasks")


def substitutes(path, names, house, sessions):
    """(values of alice's, the same with one that is nowhere) for the path's parameters."""
    unknown = str(uuid.uuid4())
    if "id" in names:
        for task in house.tasks.values():
            yield {"id": task}, {"id": unknown}
    if "uid" in names:
        for session in sessions:
            yield {"ns": "default", "uid": session["uid"]}, {"ns": "default", "uid": unknown}
    if "/subscriptions/" in path:
        yield {"ns": "default", "name": "hers"}, {"ns": "default", "name": "unknown"}
        yield {"ns": "default", "name": "hers"}, {"ns": "nowhere", "name": "hers"}
    elif "name" in names:
        named = {"name": "echo", "item": "hers"}
        yield {"ns": "default", **named}, {"ns": "nowhere", **named}
    elif names == ["ns"]:
        yield {"ns": "default"}, {"ns": "nowhere"}


def compare_route(checks, house, method, path, headers, values, absent):
    changed = next(name for name in values if values[name] != absent[name])
    # Who may enter the namespace may see its agents.
    strangers = ("dora", "erin") if changed == "ns" else STRANGERS
    for who in strangers:
        answers = []
        for one in (values, absent):
            target = path.format(**one)
            request = (method, target, headers, {} if method == "POST" else None)
            answers.append(ask(house, who, request, one[changed]))
        checks.equal(*answers, who, method, path, headers)


def test_lists_and_filters_know_own_rows_only(checks, folder):
    with House(folder) as house:
        server = house.server
        session = server.get("/api/v1/sessions", token="alice")["items"][0]["uid"]
        unknown = str(uuid.uuid4())
        queries = [
            ("/api/v1/tasks?session=ID", session, unknown),
            ("/api/v1/tasks?contextId=ID", "alice's", "nobody's"),
            ("/api/v1/tasks?namespace=ID", "default", "nowhere"),
            ("/api/v1/sessions?namespace=ID", "default", "nowhere"),
            ("/tasks?contextId=ID", "alice's", "nobody's"),
            ("/a2a/default/echo/tasks?contextId=ID", "alice's", "nobody's"),
        ]
        for who in STRANGERS:
            for target, foreign, missing in queries:
                answers = [
                    ask(house, who, ("GET", target.replace("ID", value), [], None), value)
                    for value in (foreign, missing)
                ]
                # Lengths of echoed filters differ.
                texts = [(status, re.sub(r'"detail":"[^"]*"', "", text)) for status, _, text in answers]
                checks.equal(*texts, who, target)
            for target in ("/api/v1/tasks", "/api/v1/sessions", "/api/v1/events?limit=500"):
                items = server.get(target, token=who)["items"]
                if who in ("bob", "vera"):  # resources are the namespace's
                    items = [one for one in items if not of_resource(one)]
                checks.equal(items, [], who, target)
        for who in ("bob", "vera"):
            page = server.rpc("ListTasks", {}, token=who)["result"]
            checks.equal((page["tasks"], page["totalSize"]), ([], 0), who, "ListTasks")
        for who in ("alice", "root"):
            page = server.rpc("ListTasks", {"includeArtifacts": True}, token=who)["result"]
            checks.equal(page["totalSize"], 4, who, "sees all four")
            checks.equal(len(server.get("/api/v1/tasks", token=who)["items"]), 4, who)
            checks.equal(len(server.get("/api/v1/sessions", token=who)["items"]), 4, who)
        checks.equal(server.get("/api/v1/agents", token="dora")["items"], [], "agents of others")
        checks.that(len(server.get("/api/v1/agents", token="vera")["items"]) >= 5, "agents")


def test_equal_names_stay_apart(checks, folder):
    """Another's context id, message id and memory key are the caller's own."""
    with House(folder) as house:
        server = house.server
        twin = message_1_0("@echo twins", contextId="shared", messageId="same")
        ids = {}
        for who in ("alice", "bob"):
            task = server.rpc("SendMessage", {"message": twin}, token=who)["result"]["task"]
            again = server.rpc("SendMessage", {"message": twin}, token=who)["result"]["task"]
            checks.equal(again["id"], task["id"], who, "is given the first task again")
            ids[who] = task["id"]
        checks.that(ids["alice"] != ids["bob"], "one task for two people")
        for who, task in ids.items():
            found = server.get("/api/v1/tasks?contextId=shared", token=who)["items"]
            checks.equal([one["id"] for one in found], [task], who, "in the shared context")
        sessions = {
            who: server.get(f"/api/v1/tasks/{task}", token=who)["session"]
            for who, task in ids.items()
        }
        checks.that(sessions["alice"] != sessions["bob"], "one session for two people")
        for who, says in (("alice", "4711"), ("bob", "nothing")):
            text = server.rpc(
                "SendMessage", {"message": message_1_0("@memory recall secret")}, token=who
            )
            checks.that(says in str(text), who, "recalls", text)


def test_streams_of_others_stay_silent(checks, folder):
    """The live feed of each shows their own events only, while others work."""
    with House(folder) as house:
        server = house.server
        headers = [("Accept", "text/event-stream")]
        with server.connect() as bobs, server.connect() as doras:
            feeds = {}
            for who, connection in (("bob", bobs), ("dora", doras)):
                token = [("Authorization", f"Bearer {who}-token")]
                connection.send(encode("GET", "/api/v1/events", headers + token))
                response = connection.read_head()
                checks.equal(response.status, 200, who)
                feeds[who] = connection.events(response)
            house.send("alice", "@echo chunks=5 hidden")
            mine = house.send("bob", "@echo mine")
            first = next(one for one in map(Event.json, feeds["bob"]) if not of_resource(one))
            checks.equal(first["stream"], f"task/{mine}", "the first that bob sees")
            doras.give(0.5)
            try:
                checks.that(False, "dora sees", next(feeds["dora"]).data)
            except Cut:
                checks.that(True)


def test_a_viewer_changes_nothing(checks, folder):
    with House(folder) as house:
        server = house.server
        unknown = str(uuid.uuid4())
        for root in ("", "/a2a/default/echo"):
            for name, (method, target, headers, body) in about_task(root, unknown).items():
                response = server.call(method, target, headers, body, token="vera")
                changing = any(word in name for word in CHANGES) and "ush" not in name
                if changing:
                    checks.equal(response.status, 403, "vera", root, name, response.text())
                else:
                    checks.that(response.status < 500, "vera", name, response.status)
        paths = server.get("/openapi.json", token="vera")["paths"]
        for path, operations in paths.items():
            for method in operations.keys() - {"get"}:
                target = re.sub(r"\{\w+\}", unknown, path)
                response = server.call(method.upper(), target, (), {}, token="vera")
                checks.equal(response.status, 403, "vera", method, path)
        checks.equal(server.get("/api/v1/tasks", token="root")["items"][0]["owner"], "alice")


def test_no_token_no_answer(checks, folder):
    """401 with a challenge and the same words whatever is asked for; cards and probes are public."""
    with House(folder) as house:
        server = house.server
        document = server.get("/openapi.json", token="alice")
        requests = [
            request
            for root in ROOTS
            for task in (house.tasks["done"], str(uuid.uuid4()))
            for request in about_task(root, task).values()
        ]
        for path, operations in document["paths"].items():
            target = path.format(
                id=house.tasks["done"],
                uid="x",
                ns="default",
                name="echo",
                kind="secret",
                item="x",
            )
            for method, operation in operations.items():
                if operation.get("security") == []:
                    response = server.call(method.upper(), target)
                    checks.equal(response.status, 200, "public", path)
                else:
                    requests.append((method.upper(), target, [], None))
        for token in (None, "nobody"):
            seen = set()
            for method, target, headers, body in requests:
                response = server.call(method, target, headers, body, token=token)
                checks.equal(response.status, 401, method, target)
                challenge = response.get("WWW-Authenticate")
                checks.that((challenge or "").startswith("Bearer"), target, challenge)
                if method != "HEAD":
                    seen.add(response.text())
            checks.equal(len(seen), 1, "answers tell requests apart:", seen)
        for who in (None, "alice", "dora"):
            for path in ("", "/a2a/default/echo"):
                target = f"{path}/.well-known/agent-card.json"
                checks.equal(server.call("GET", target, token=who).status, 200, who, target)
