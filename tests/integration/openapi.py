"""/openapi.json is a valid OpenAPI 3.1 document, and the server is as it says."""

import re

from calls import message_1_0
from schema import check_schema, faults
from server import Server
from wire import encode

PROBLEM = "application/problem+json"
HERE = "/api/v1/namespaces/{ns}"
# What changes something: in this order, with these bodies.
CHANGES = [
    ("post", f"{HERE}/events", {"name": "build.failed", "data": {"branch": "main"}, "shared": True}),
    ("post", f"{HERE}/messages", {"to": "calculator", "text": "1 + 1"}),
    ("post", f"{HERE}/subscriptions", {"name": "ci", "patterns": ["*"]}),
    ("post", f"{HERE}/subscriptions/{{name}}/ack", {"cursor": "1"}),
    ("delete", f"{HERE}/subscriptions/{{name}}", None),
    ("post", "/api/v1/keys", None),
    ("post", "/api/v1/keys/rotate", None),
    ("post", "/api/v1/keys/{id}/retire", None),
    ("delete", "/api/v1/keys/{id}", None),
    ("post", "/api/v1/tasks/{id}/cancel", None),
    ("post", f"{HERE}/agents/{{name}}/memories", {"value": "blue", "name": "colour"}),
    ("delete", f"{HERE}/agents/{{name}}/memories/{{item}}", None),
    ("delete", f"{HERE}/agents/{{name}}/memories", None),
]


def document(kind, name, **members):
    """A resource as it is applied."""
    return {"apiVersion": "flotilla.dev/v1", "kind": kind, "metadata": {"name": name}, **members}


RESOURCES = {
    "toolservers": ("ToolServer", {"spec": {"url": "http://127.0.0.1:9/mcp"}}),
    "secrets": ("Secret", {"stringData": {"key": "value"}}),
    "configmaps": ("ConfigMap", {"data": {"key": "value"}}),
    "modelconfigs": (
        "ModelConfig",
        {
            "spec": {
                "provider": "scripted",
                "model": "small",
                "script": {"inline": {"answers": [{"text": "hi"}]}},
            }
        },
    ),
    "prompttemplates": ("PromptTemplate", {"spec": {"parts": {"intro": "Be kind."}}}),
    "policies": ("Policy", {"spec": {"budget": {"day": {"tokens": 1000000}}}}),
    "agents": ("Agent", {"spec": {"declarative": {"model": "nowhere", "systemMessage": "Be kind."}}}),
}
for plural, (kind, members) in RESOURCES.items():
    one = f"{HERE}/{plural}/{{name}}"
    CHANGES += [
        ("post", f"{HERE}/{plural}", document(kind, "new", **members)),
        ("put", one, document(kind, "worker" if plural == "agents" else "echo", **members)),
        ("patch", one, {"metadata": {"labels": {"app": "web"}}}),
        *([("post", f"{one}/approve", {})] if plural == "toolservers" else []),
        ("delete", one, None),
    ]
CHANGES.append(("post", "/api/v1/apply", [document("ConfigMap", "applied")]))
# What needs more to be there: the parts push, approvals and declared_agents make it.
ELSEWHERE = {
    ("post", "/api/v1/outbox/dead/{id}/retry"),
    ("get", "/api/v1/approvals/{id}"),
    ("post", "/api/v1/approvals/{id}/decide"),
    ("post", "/api/v1/approvals/{id}/revoke"),
    ("post", "/api/v1/tasks/{id}/retry"),
    ("post", "/api/v1/tasks/{id}/fork"),
    ("post", "/api/v1/tasks/{id}/replay"),
}


def prepared(server):
    """Plausible values for parameters."""
    task = server.rpc("SendMessage", {"message": message_1_0("@echo ask=x y")})["result"]["task"]
    server.rpc("SendMessage", {"message": message_1_0("Calculate 1+1")})
    session = server.get(f"/api/v1/tasks/{task['id']}")["session"]
    body = {"name": "ci", "patterns": ["*"], "after": "0"}
    server.call("POST", "/api/v1/namespaces/default/subscriptions", body=body)
    documents = [
        document(kind, "worker" if kind == "Agent" else "echo", **members)
        for kind, members in RESOURCES.values()
    ]
    server.call("POST", "/api/v1/apply", body=documents)
    return {
        "labelSelector": "",
        "dryRun": "",
        "prune": "",
        "resourceVersion": "",
        "id": task["id"],
        "uid": session,
        "ns": "default",
        "name": "echo",
        "limit": "7",
        "cursor": "",
        "after": "0",
        "namespace": "default",
        "agent": "echo",
        "state": "input-required",
        "contextId": task["contextId"],
        "session": session,
        "pattern": "agent.*,build.failed",
        "kind": "signing",
        "algorithm": "EdDSA",
        "since": "1h",
        "until": "",
        "step": "5m",
        "by": "agent,owner",
        "model": "small",
        "owner": "local",
        "query": "blue",
        "item": "colour",
        "task": task["id"],
    }


def of_path(path, values):
    """Names and ids are those of what the path is about."""
    if "/schemas/" in path:
        return {**values, "kind": "toolserver"}
    if path == "/api/v1/approvals":
        return {**values, "state": "pending"}
    if path.endswith("/agents/{name}"):
        return {**values, "name": "worker"}
    return {**values, "name": "ci"} if "/subscriptions/" in path else values


def operations(document):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_the_document_is_valid(checks, folder):
    with Server(folder) as server:
        document = server.get("/openapi.json")
    checks.that(re.fullmatch(r"3\.1\.\d+", document["openapi"]), document["openapi"])
    checks.that(document["info"]["title"] and document["info"]["version"], document["info"])
    known = {"openapi", "info", "paths", "components", "security", "servers", "tags", "jsonSchemaDialect"}
    checks.equal(document.keys() - known, set(), "unknown members")
    for name, schema in document["components"]["schemas"].items():
        checks.that(re.fullmatch(r"[A-Za-z0-9._-]+", name), "schema name", name)
        checks.equal(check_schema(schema, document, name), [], name)
    schemes = document["components"]["securitySchemes"]
    for requirement in document["security"]:
        checks.that(requirement.keys() <= schemes.keys(), requirement)
    checks.that(len(document["paths"]) >= 15, "paths")
    ids = set()
    for path, method, operation in operations(document):
        checks.that(path.startswith("/"), path)
        checks.that(method in ("get", "put", "post", "delete", "patch"), path, method)
        checks.that(operation.get("summary"), path, "has no summary")
        checks.that(operation["operationId"] not in ids, "twice:", operation["operationId"])
        ids.add(operation["operationId"])
        check_parameters(checks, path, operation)
        check_responses(checks, document, path, operation)


def check_parameters(checks, path, operation):
    parameters = operation.get("parameters", [])
    in_path = [one["name"] for one in parameters if one["in"] == "path"]
    checks.equal(sorted(in_path), sorted(re.findall(r"\{(\w+)\}", path)), path)
    for one in parameters:
        checks.that(one["in"] in ("path", "query", "header"), path, one)
        checks.equal(one.get("required", False), one["in"] == "path", path, one["name"])
        checks.that("schema" in one, path, one)
    pairs = [(one["in"], one["name"]) for one in parameters]
    checks.equal(len(pairs), len(set(pairs)), path, "a parameter is there twice")


def check_responses(checks, document, path, operation):
    responses = operation["responses"]
    checks.that("200" in responses and "default" in responses, path, responses.keys())
    for status, response in responses.items():
        checks.that(re.fullmatch(r"[1-5]\d\d|default", status), path, status)
        checks.that(response.get("description"), path, status, "has no description")
        for media in response.get("content", {}).values():
            checks.equal(check_schema(media.get("schema", {}), document, path), [], path)
    checks.that(PROBLEM in responses["default"]["content"], path, "problem")


def fill(path, operation, values):
    target = path.format(**values)
    names = [one["name"] for one in operation.get("parameters", []) if one["in"] == "query"]
    query = "&".join(f"{name}={values[name]}" for name in names if values[name])
    return f"{target}?{query}" if query else target


def test_every_route_answers_as_it_says(checks, folder):
    with Server(folder) as server:
        document = server.get("/openapi.json")
        values = prepared(server)
        for path, method, operation in operations(document):
            if method == "get" and (method, path) not in ELSEWHERE:
                check_route(checks, server, document, path, operation, of_path(path, values))
        check_changes(checks, server, document, values)
        for target in ("/api/v1/tasks/x", "/api/v1/tasks?limit=0", "/api/v1/nothing"):
            check_problem(checks, server.call("GET", target), document, target)


def check_answer(checks, response, document, operation, *what):
    checks.equal(response.status, 200, *what, response.text()[:300])
    media = operation["responses"]["200"].get("content", {}).get("application/json")
    if media:
        checks.equal(response.get("Content-Type"), "application/json", *what)
        checks.equal(faults(response.json(), media["schema"], document), [], *what)


def check_route(checks, server, document, path, operation, values):
    content = operation["responses"]["200"].get("content", {})
    for target in {path.format(**values), fill(path, operation, values)}:
        response = server.call("GET", target, [("Accept", "application/json")])
        check_answer(checks, response, document, operation, target)
    if "text/event-stream" in content:
        check_stream(checks, server, fill(path, operation, values))


def check_changes(checks, server, document, values):
    changing = {(method, path) for path, method, _ in operations(document) if method != "get"}
    checks.equal(changing - ELSEWHERE, {(method, path) for method, path, _ in CHANGES}, "teach this test")
    for method, path, body in CHANGES:
        operation = document["paths"][path][method]
        known = of_path(path, values)
        if path.startswith("/api/v1/keys/{id}"):
            keys = server.get("/api/v1/keys")["items"]
            wanted = "active" if path.endswith("retire") else "retired"
            key = next(one for one in keys if (one["kind"], one["state"]) == ("signing", wanted))
            known = {**known, "id": key["id"]}
        response = server.call(method.upper(), fill(path, operation, known), body=body)
        if response.status == 204:
            checks.equal(response.body, b"", method, path)
            continue
        check_answer(checks, response, document, operation, method, path)
        if body is not None:
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            checks.equal(faults(body, schema, document), [], "the body of", path)


def check_stream(checks, server, target):
    with server.connect() as connection:
        connection.send(encode("GET", target, [("Accept", "text/event-stream")]))
        response = connection.read_head()
        checks.equal(response.get("Content-Type"), "text/event-stream", target)
        event = next(connection.events(response))
        checks.that(event.id and event.event and event.json(), target, event.data)


def check_problem(checks, response, document, target):
    schema = document["components"]["schemas"]["Problem"]
    checks.equal(response.get("Content-Type"), PROBLEM, target)
    known = dict(schema, properties={**schema["properties"], "errors": {}, "metadata": {}})
    checks.equal(faults(response.json(), known, document), [], target)


def test_methods_that_are_not_in_it_are_refused(checks, folder):
    with Server(folder) as server:
        document = server.get("/openapi.json")
        values = prepared(server)
        for path, methods in document["paths"].items():
            if path == "/":
                continue  # A2A's JSON-RPC is there too
            # A literal last segment is also what another route takes for an id.
            other = document["paths"].get(re.sub(r"/[^/{]+$", "/{id}", path), {})
            for method in {"get", "put", "post", "delete", "patch"} - methods.keys() - other.keys():
                response = server.call(method.upper(), path.format(**of_path(path, values)))
                checks.equal(response.status, 405, method, path)
                allowed = (response.get("Allow") or "").lower().split(", ")
                checks.that(set(methods) <= set(allowed), path, allowed)
