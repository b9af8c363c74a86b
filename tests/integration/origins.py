"""Browsers: who may call from another origin, and under which host; proxies that are believed."""

from server import Server, write_tokens
from wire import encode


def ask(server, target="/api/v1/version", method="GET", **headers):
    fields = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return server.call(method, target, fields)


def test_foreign_origins_are_refused(checks, folder):
    with Server(folder) as server:
        own = ask(server, Origin=server.url)
        checks.equal(own.status, 200, "our own origin")
        checks.equal(own.get("Access-Control-Allow-Origin"), None)
        for origin in ("https://evil.example", "null", "http://localhost:1", "nonsense", "http://"):
            response = ask(server, Origin=origin)
            checks.equal(response.status, 403, origin)
            checks.equal(response.get("Access-Control-Allow-Origin"), None, origin)
            checks.equal(response.get("Content-Type"), "application/problem+json", origin)
            for target in ("/", "/message:send", "/health/live", "/.well-known/agent-card.json"):
                method = "POST" if target in ("/", "/message:send") else "GET"
                checks.equal(ask(server, target, method, Origin=origin).status, 403, origin, target)
        asked = ask(
            server, "/", "OPTIONS", Origin="https://evil.example", Access_Control_Request_Method="POST"
        )
        checks.equal(asked.status, 403, "a preflight of a foreign origin")
        checks.equal(asked.get("Access-Control-Allow-Origin"), None)


def test_allowed_origins_are_told_so(checks, folder):
    allowed = "https://app.example"
    flags = ["--allow-origin", allowed, "--allow-origin", "http://localhost:5173"]
    with Server(folder, *flags) as server:
        response = ask(server, Origin=allowed)
        checks.equal(response.status, 200)
        checks.equal(response.get("Access-Control-Allow-Origin"), allowed)
        checks.that("Origin" in (response.get("Vary") or ""), response.get("Vary"))
        exposed = response.get("Access-Control-Expose-Headers") or ""
        checks.that("X-Request-Id" in exposed and "WWW-Authenticate" in exposed, exposed)
        plain = ask(server)
        checks.that("Origin" in (plain.get("Vary") or ""), "caches must tell origins apart")
        asked = ask(
            server,
            "/message:send",
            "OPTIONS",
            Origin=allowed,
            Access_Control_Request_Method="POST",
            Access_Control_Request_Headers="content-type, a2a-version, authorization",
        )
        checks.equal(asked.status, 204, "a preflight")
        checks.equal(asked.get("Access-Control-Allow-Origin"), allowed)
        names = (asked.get("Access-Control-Allow-Headers") or "").lower()
        for name in ("content-type", "a2a-version", "authorization", "last-event-id"):
            checks.that(name in names, name, "in", names)
        for method in ("POST", "DELETE", "GET"):
            checks.that(method in (asked.get("Access-Control-Allow-Methods") or ""), method)
        wrong = ask(server, "/api/v1/tasks/x", Origin=allowed)
        checks.equal(wrong.status, 404)
        checks.equal(wrong.get("Access-Control-Allow-Origin"), allowed, "errors are readable too")
        for origin in ("https://app.example.evil", "http://app.example", "https://app.example:1"):
            checks.equal(ask(server, Origin=origin).status, 403, origin)


def test_refusals_are_readable_where_the_origin_is_allowed(checks, folder):
    write_tokens(f"{folder}/tokens.yaml", ["alice operator default"])
    flags = ["--tokens", f"{folder}/tokens.yaml", "--allow-origin", "*"]
    with Server(folder, *flags) as server:
        response = ask(server, Origin="https://any.example")
        checks.equal(response.status, 401)
        checks.that(response.get("Access-Control-Allow-Origin") in ("*", "https://any.example"))
        asked = ask(
            server, "/", "OPTIONS", Origin="https://any.example", Access_Control_Request_Method="POST"
        )
        checks.equal(asked.status, 204, "a preflight carries no token")


def test_hosts(checks, folder):
    with Server(folder, "--allow-host", "agents.example") as server:
        for host in ("localhost", f"127.0.0.1:{server.port}", "[::1]", "agents.example:8443"):
            checks.equal(ask(server, Host=host).status, 200, host)
        for host in ("evil.example", "127.0.0.1.evil.example", "agents.example.evil", "10.0.0.1"):
            checks.equal(ask(server, Host=host).status, 421, host)
        card = ask(server, "/.well-known/agent-card.json", Host="agents.example:8443").json()
        checks.equal(card["url"], "http://agents.example:8443", "the card names the host asked for")
    with Server(folder, "--allow-host", "*") as server:
        checks.equal(ask(server, Host="any.example").status, 200, "all hosts")


def test_only_trusted_proxies_speak_for_others(checks, folder):
    """Without tokens a caller on this machine is let in; one behind a proxy here is not local."""
    with Server(f"{folder}/a", "--trusted-proxy", "127.0.0.0/8") as server:
        checks.equal(ask(server).status, 200, "without a proxy")
        behind = ask(server, X_Forwarded_For="203.0.113.7")
        checks.equal(behind.status, 401, "from elsewhere by a proxy")
        checks.equal(ask(server, X_Forwarded_For="203.0.113.7, 127.0.0.1").status, 401)
        checks.equal(ask(server, X_Forwarded_For="127.0.0.1").status, 200, "from here by a proxy")
        card = ask(server, "/.well-known/agent-card.json", X_Forwarded_Proto="https").json()
        checks.that(card["url"].startswith("https://"), card["url"])
    with Server(f"{folder}/b") as server:
        checks.equal(ask(server, X_Forwarded_For="203.0.113.7").status, 200, "nobody's word")
        card = ask(server, "/.well-known/agent-card.json", X_Forwarded_Proto="https").json()
        checks.that(card["url"].startswith("http://"), card["url"])


def test_peers_are_limited(checks, folder):
    with Server(f"{folder}/a", "--max-requests-per-peer", "5", "--threads", "1") as server:
        answers = [server.call("GET", "/health/live") for _ in range(30)]
        refused = [one for one in answers if one.status == 429]
        checks.that(refused, "no request was refused")
        checks.that(all(one.get("Retry-After") == "1" for one in refused), "Retry-After")
        checks.that(all(one.status in (200, 429) for one in answers), "other answers")
    with Server(f"{folder}/b", "--max-connections-per-peer", "3", "--threads", "1") as server:
        held = [server.connect() for _ in range(3)]
        for one in held:
            one.send(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
            checks.equal(one.read().status, 200)
        with server.connect() as fourth:
            response = fourth.read()
            checks.equal(response.status, 429, "a fourth connection")
            checks.that(response.get("Retry-After"), "Retry-After")
            checks.that(fourth.at_end(), "it is closed")
        for one in held:
            one.__exit__()


def test_connections_are_limited_in_all(checks, folder):
    with Server(folder, "--max-connections", "2", "--threads", "1") as server:
        held = [server.connect() for _ in range(2)]
        for one in held:
            one.send(encode("GET", "/health/live"))
            checks.equal(one.read().status, 200)
        with server.connect() as third:
            response = third.read()
            checks.equal(response.status, 503, "a third connection")
            checks.equal(response.get("Content-Type"), "application/problem+json")
            checks.that(response.get("Retry-After"), "Retry-After")
            checks.that(third.at_end(), "it is closed")
        for one in held:
            one.__exit__()
