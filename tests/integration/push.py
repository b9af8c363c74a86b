"""Push notifications: configs in every version and binding, and what receivers get."""

import json
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

from calls import message_0_3, message_0_3_rest, message_1_0
from receiver import Receiver
from server import Server, write_tokens

ALLOW = ("--egress-allow", "127.0.0.1/32", "--egress-allow", "::1/128")
V1 = [("A2A-Version", "1.0")]
CREATE = "CreateTaskPushNotificationConfig"
GET = "GetTaskPushNotificationConfig"
LIST = "ListTaskPushNotificationConfigs"
DELETE = "DeleteTaskPushNotificationConfig"


def send(server, text, push=None, now=False, token=None, **members):
    configuration = {"returnImmediately": now}
    if push:
        configuration["taskPushNotificationConfig"] = push
    params = {"message": message_1_0(text, **members), "configuration": configuration}
    answer = server.rpc("SendMessage", params, token=token)
    assert "result" in answer, answer
    return answer["result"]["task"]["id"]


def metric(server, name):
    for line in server.call("GET", "/metrics").text().splitlines():
        if line.startswith(name + " "):
            return float(line.split()[1])
    return None


def violation(error):
    for detail in error["data"]:
        for fault in detail.get("fieldViolations", []):
            return fault["field"]
    return None


def test_an_inline_webhook_gets_every_event_in_order(checks, folder):
    with Receiver() as hooks, Server(folder, *ALLOW) as server:
        push = {
            "url": hooks.url("/a?x=1"),
            "token": "n-1",
            "authentication": {"scheme": "Bearer", "credentials": "s3"},
        }
        task = send(server, "@echo chunks=5 delay=20ms one two three four five", push, now=True)
        got = hooks.ended("/a?x=1")
        checks.equal(got[-1].state, "TASK_STATE_COMPLETED")
        texts = [
            one.body["artifactUpdate"]["artifact"]["parts"][0]["text"]
            for one in got
            if one.kind == "artifactUpdate"
        ]
        checks.equal("".join(texts), "one two three four five")
        checks.that(all(one.task == task for one in got))
        for one in got:
            checks.equal(one.headers["content-type"], "application/a2a+json")
            checks.equal(one.headers["a2a-version"], "1.0")
            checks.equal(one.headers["authorization"], "Bearer s3")
            checks.equal(one.headers["x-a2a-notification-token"], "n-1")
            checks.equal(len(one.body), 1)
        keys = [one.headers["idempotency-key"] for one in got]
        checks.equal(len(set(keys)), len(keys))
        checks.that("s3" not in server.log() and "n-1" not in server.log(), "a secret in the log")


def test_create_get_list_delete_in_1_0(checks, folder):
    with Server(folder, *ALLOW) as server:
        task = send(server, "@echo done")  # has ended: configs are allowed all the same
        made = server.rpc(CREATE, {"taskId": task, "url": "http://127.0.0.1:9/h"})["result"]
        checks.equal(sorted(made), ["id", "taskId", "url"])
        checks.that(uuid.UUID(made["id"]))
        full = {
            "id": "mine",
            "taskId": task,
            "url": "http://127.0.0.1:9/h2",
            "token": "t",
            "authentication": {"scheme": "Basic", "credentials": "dTpw"},
        }
        checks.equal(server.rpc(CREATE, full)["result"], full)
        checks.equal(server.rpc(GET, {"taskId": task, "id": "mine"})["result"], full)
        # The same id overwrites, over the other binding too.
        path = f"/tasks/{task}/pushNotificationConfigs"
        answer = server.call("POST", path, V1, {"id": "mine", "url": "http://127.0.0.1:9/h3"})
        checks.equal(answer.status, 200)
        checks.equal(
            answer.json(), {"id": "mine", "taskId": task, "url": "http://127.0.0.1:9/h3"}
        )
        checks.equal(server.call("GET", f"{path}/mine", V1).json(), answer.json())
        listed = server.call("GET", path, V1).json()
        checks.equal(sorted(one["id"] for one in listed["configs"]), sorted([made["id"], "mine"]))
        checks.equal(listed["nextPageToken"], "")
        first = server.rpc(LIST, {"taskId": task, "pageSize": 1})["result"]
        second = server.rpc(
            LIST, {"taskId": task, "pageSize": 1, "pageToken": first["nextPageToken"]}
        )["result"]
        both = [one["id"] for one in first["configs"] + second["configs"]]
        checks.equal(sorted(both), sorted([made["id"], "mine"]))
        checks.equal(second["nextPageToken"], "")
        checks.that("result" in server.rpc(LIST, {"taskId": task, "pageSize": None}))
        for _ in range(2):
            checks.equal(server.call("DELETE", f"{path}/mine", V1).json(), {})
            checks.that("result" in server.rpc(DELETE, {"taskId": task, "id": made["id"]}))
        checks.equal(server.rpc(LIST, {"taskId": task})["result"]["configs"], [])
        gone = server.rpc(GET, {"taskId": task, "id": "mine"})["error"]
        checks.equal(gone["code"], -32001)
        checks.equal(server.call("GET", f"{path}/mine", V1).status, 404)
        for method, more in ((CREATE, {"url": "http://127.0.0.1:9"}), (LIST, {}), (GET, {"id": "x"}), (DELETE, {"id": "x"})):
            error = server.rpc(method, {"taskId": str(uuid.uuid4()), **more})["error"]
            checks.equal(error["code"], -32001, method)
        card = server.call("GET", "/.well-known/agent-card.json").json()
        checks.equal(card["capabilities"]["pushNotifications"], True)


def test_the_old_version_over_json_rpc(checks, folder):
    with Receiver() as hooks, Server(folder, *ALLOW) as server:
        push = {
            "url": hooks.url("/old"),
            "token": "n",
            "authentication": {"schemes": ["Bearer", "Basic"], "credentials": "c"},
        }
        params = {
            "message": message_0_3("@echo chunks=2 delay=20ms hello there"),
            "configuration": {"blocking": False, "pushNotificationConfig": push},
        }
        task = server.rpc("message/send", params, version="0.3")["result"]["id"]
        got = hooks.ended("/old")
        checks.equal([one.kind for one in got], ["task"] * len(got))
        checks.equal(got[-1].state, "completed")
        checks.equal(got[-1].body["id"], task)
        checks.equal(got[-1].headers["content-type"], "application/json")
        checks.equal(got[-1].headers["x-a2a-notification-token"], "n")
        checks.equal(got[-1].headers["authorization"], "Bearer c")
        checks.equal(got[-1].body["artifacts"][0]["parts"][0]["kind"], "text")

        prefix = "tasks/pushNotificationConfig/"

        def old(method, params):
            return server.rpc(prefix + method, params, version="0.3")

        listed = old("list", {"id": task})["result"]
        checks.equal(len(listed), 1)
        inner = listed[0]["pushNotificationConfig"]
        checks.equal(listed[0]["taskId"], task)
        checks.equal(inner["id"], task)  # the id that its SDKs give
        checks.equal(inner["authentication"], {"schemes": ["Bearer"], "credentials": "c"})
        config = {"id": "two", "url": hooks.url("/two")}
        made = old("set", {"taskId": task, "pushNotificationConfig": config})["result"]
        checks.equal(made, {"taskId": task, "pushNotificationConfig": config})
        checks.equal(
            old("get", {"id": task, "pushNotificationConfigId": "two"})["result"], made
        )
        checks.equal(old("get", {"id": task})["result"]["pushNotificationConfig"]["id"], task)
        gone = old("delete", {"id": task, "pushNotificationConfigId": "two"})
        checks.equal(gone, {"jsonrpc": "2.0", "id": 1, "result": None})
        checks.equal(old("delete", {"id": task, "pushNotificationConfigId": "two"}), gone)
        error = old("delete", {"id": task})["error"]
        checks.equal((error["code"], violation(error)), (-32602, "/params/pushNotificationConfigId"))
        error = old("set", {"taskId": task, "pushNotificationConfig": {"url": "http://10.0.0.1"}})
        checks.equal(violation(error["error"]), "/params/pushNotificationConfig/url")


def test_the_old_version_over_rest(checks, folder):
    with Receiver() as hooks, Server(folder, *ALLOW) as server:
        body = {
            "message": message_0_3_rest("@echo hello"),
            "configuration": {"pushNotification": {"url": hooks.url("/rest")}},
        }
        answer = server.call("POST", "/v1/message:send", [], body).json()
        task = answer["task"]["id"]
        checks.equal(hooks.ended("/rest")[-1].body["id"], task)
        path = f"/v1/tasks/{task}/pushNotificationConfigs"
        name = f"tasks/{task}/pushNotificationConfigs/p1"
        inner = {
            "id": "p1",
            "url": hooks.url("/p1"),
            "authentication": {"schemes": ["Bearer"], "credentials": "s3"},
        }
        wanted = {"name": name, "pushNotificationConfig": inner}
        for body in (wanted, {"config": wanted}, {"parent": f"tasks/{task}", "config": wanted}):
            answer = server.call("POST", path, [], body)
            checks.equal((answer.status, answer.json()), (200, wanted))
        checks.equal(server.call("GET", f"{path}/p1").json(), wanted)
        listed = server.call("GET", path).json()
        checks.equal(sorted(one["name"] for one in listed["configs"])[-1], name)
        for _ in range(2):
            answer = server.call("DELETE", f"{path}/p1")
            checks.equal((answer.status, answer.json()), (200, {}))
        checks.equal(server.call("GET", f"{path}/p1").status, 404)


def test_a_failing_receiver_is_tried_again_in_order(checks, folder):
    asked = []

    def answer(delivery, number):
        asked.append(delivery.headers["idempotency-key"])
        return (503, {}) if number in (1, 2) else (200, {})

    with Receiver(answer) as hooks, Server(folder, *ALLOW) as server:
        send(server, "@echo chunks=3 a b c", {"url": hooks.url("/flaky")})
        got = hooks.ended("/flaky")
        checks.equal(len({one.headers["idempotency-key"] for one in got[:3]}), 1)
        unique = list(dict.fromkeys(one.headers["idempotency-key"] for one in got))
        seqs = [int(key.rsplit("/", 1)[1]) for key in unique]
        checks.equal(seqs, sorted(seqs))
        pause = got[1].at - got[0].at
        checks.that(0.7 <= pause <= 3, "the first pause was", pause)
        checks.that(got[2].at - got[1].at >= 1.4, "the second pause")
        checks.equal(metric(server, "flotilla_outbox_failed_total"), 2.0)


def test_retry_after_is_kept(checks, folder):
    def answer(delivery, number):
        return (429, {"Retry-After": "3"}) if number == 1 else (200, {})

    with Receiver(answer) as hooks, Server(folder, *ALLOW) as server:
        send(server, "@echo x", {"url": hooks.url("/slow")})
        got = hooks.ended("/slow")
        checks.that(got[1].at - got[0].at >= 2.9, got[1].at - got[0].at)


def test_a_hanging_receiver_slows_nobody(checks, folder):
    def answer(delivery, number):
        if delivery.path.startswith("/hang"):
            time.sleep(30)
        return (200, {})

    with Receiver(answer) as hooks, Server(folder, *ALLOW) as server:
        for i in range(10):
            send(server, "@echo x", {"url": hooks.url(f"/hang{i}")})
        began = time.monotonic()
        for i in range(50):
            send(server, "@echo x", {"url": hooks.url(f"/good{i}")})
        for i in range(50):
            hooks.ended(f"/good{i}")
        checks.that(time.monotonic() - began < 8, "took", time.monotonic() - began)
        server.kill()  # would wait for those that hang


def test_what_was_not_delivered_survives_kill_9(checks, folder):
    broken = [True]

    def answer(delivery, number):
        return (500, {}) if broken[0] else (200, {})

    with Receiver(answer) as hooks:
        server = Server(folder, *ALLOW, database=f"sqlite:{folder}/store.db").start()
        texts = "a b c d e f".split()
        tasks = [
            send(server, f"@echo chunks=6 {' '.join(texts)}", {"url": hooks.url(f"/t{i}")})
            for i in range(20)
        ]
        hooks.wait(lambda seen: len({one.path for one in seen}) == 20)
        server.kill()
        broken[0] = False
        server.start()
        for i, task in enumerate(tasks):
            got = hooks.ended(f"/t{i}", 30)
            unique = list(dict.fromkeys(one.headers["idempotency-key"] for one in got))
            seqs = [int(key.rsplit("/", 1)[1]) for key in unique]
            checks.equal(seqs, sorted(seqs), task)
            told = {}
            for one in got:
                if one.kind == "artifactUpdate":
                    text = one.body["artifactUpdate"]["artifact"]["parts"][0]["text"]
                    told[one.headers["idempotency-key"]] = text
            checks.equal("".join(told.values()), " ".join(texts), task)
        server.stop()


def test_killed_again_and_again_every_event_arrives_in_order(checks, folder):
    with Receiver(lambda delivery, number: (time.sleep(0.005), (200, {}))[1]) as hooks:
        server = Server(folder, *ALLOW, database=f"sqlite:{folder}/store.db").start()
        for i in range(10):
            send(server, "@echo chunks=200 size=2000 x", {"url": hooks.url(f"/k{i}")})
        for _ in range(4):
            time.sleep(0.4)
            server.kill()
            server.start()
        for i in range(10):
            got = hooks.ended(f"/k{i}", 60)
            unique = list(dict.fromkeys(one.headers["idempotency-key"] for one in got))
            seqs = [int(key.rsplit("/", 1)[1]) for key in unique]
            checks.equal(seqs, sorted(seqs))
            chunks = {
                one.headers["idempotency-key"] for one in got if one.kind == "artifactUpdate"
            }
            checks.equal(len(chunks), 200)
        server.stop()


FORBIDDEN = [
    "http://127.0.0.1/",
    "http://127.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0177.0.0.1/",
    "http://0/",
    "http://localhost/",
    "http://localhost./",
    "http://10.1.2.3/",
    "http://172.16.0.1:8080/x",
    "http://192.168.1.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://100.64.0.1/",
    "http://100.100.100.200/",
    "http://[::1]/",
    "http://[::]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::ffff:10.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[fd00::1]/",
    "http://[fe80::1]/",
    "http://[fd00:ec2::254]/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://198.18.0.1/",
    "ftp://example.com/",
    "file:///etc/passwd",
    "gopher://example.com/",
    "http://user:password@example.com/",
    "http:///nohost",
    "/relative",
    "not a url",
    "http://exa mple.com/",
    "http://example.com:99999/",
    "http://no-such-host.invalid/",
    "http://example.com/\r\nX-Injected: 1",
]


def test_what_callers_write_reaches_public_addresses_only(checks, folder):
    with Server(folder) as server:
        task = send(server, "@echo x")
        tasks_before = len(server.get("/api/v1/tasks")["items"])

        def refused(url):
            error = server.rpc(CREATE, {"taskId": task, "url": url})["error"]
            checks.equal((error["code"], violation(error)), (-32602, "/params/url"), url)
            params = {
                "message": message_1_0("@echo x"),
                "configuration": {"taskPushNotificationConfig": {"url": url}},
            }
            error = server.rpc("SendMessage", params)["error"]
            where = "/params/configuration/taskPushNotificationConfig/url"
            checks.equal((error["code"], violation(error)), (-32602, where), url)

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(refused, FORBIDDEN))
        checks.equal(len(server.get("/api/v1/tasks")["items"]), tasks_before)
        checks.equal(server.rpc(LIST, {"taskId": task})["result"]["configs"], [])
        answer = server.call(
            "POST", f"/tasks/{task}/pushNotificationConfigs", V1, {"url": "http://[::1]/"}
        )
        checks.equal(answer.status, 400)


def test_metadata_services_stay_out_of_reach_and_connects_are_checked(checks, folder):
    flags = ("--egress-allow", "0.0.0.0/0")
    with Receiver() as hooks:
        server = Server(folder, *flags, database=f"sqlite:{folder}/store.db").start()
        task = send(server, "@echo wait", now=True)
        error = server.rpc(CREATE, {"taskId": task, "url": "http://169.254.169.254/"})["error"]
        checks.equal(violation(error), "/params/url")
        server.rpc(CREATE, {"taskId": task, "url": hooks.url("/stored")})
        server.stop()
        # What was stored is checked again when it is called: now loopback is not allowed.
        server.flags = [one for one in server.flags if one not in flags]
        server.start()
        server.rpc("CancelTask", {"id": task})
        deadline = time.monotonic() + 10
        while not metric(server, "flotilla_outbox_failed_total") and time.monotonic() < deadline:
            time.sleep(0.05)
        checks.that(metric(server, "flotilla_outbox_failed_total") >= 1)
        checks.equal(hooks.seen, [])
        server.stop()


def test_redirects_are_not_followed(checks, folder):
    with Receiver() as inside:

        def answer(delivery, number):
            return (307, {"Location": inside.url("/inside")})

        with Receiver(answer) as hooks, Server(folder, *ALLOW) as server:
            send(server, "@echo x", {"url": hooks.url("/moved")})
            hooks.wait(lambda seen: len(seen) >= 2)
            checks.equal(inside.seen, [])


def test_bad_configs_name_their_field(checks, folder):
    with Server(folder, *ALLOW) as server:
        task = send(server, "@echo x")
        url = "http://127.0.0.1:9/"
        table = [
            ({}, "/params/url"),
            ({"url": url}, "/params/taskId"),
            ({"taskId": task}, "/params/url"),
            ({"taskId": task, "url": ""}, "/params/url"),
            ({"taskId": task, "url": 7}, "/params/url"),
            ({"taskId": task, "url": url, "id": "x" * 257}, "/params/id"),
            ({"taskId": task, "url": url, "token": "a\r\nb: c"}, "/params/token"),
            ({"taskId": task, "url": url, "token": "\u00e9"}, "/params/token"),
            ({"taskId": task, "url": url, "token": "t" * 5000}, "/params/token"),
            ({"taskId": task, "url": url, "authentication": {}}, "/params/authentication/scheme"),
            (
                {"taskId": task, "url": url, "authentication": {"scheme": "Bea rer"}},
                "/params/authentication/scheme",
            ),
            (
                {
                    "taskId": task,
                    "url": url,
                    "authentication": {"scheme": "Bearer", "credentials": "x\ny"},
                },
                "/params/authentication/credentials",
            ),
        ]
        for params, field in table:
            error = server.rpc(CREATE, params)["error"]
            checks.equal((error["code"], violation(error)), (-32602, field), params)
        for size in (-1, 101, 1.5, "x"):
            error = server.rpc(LIST, {"taskId": task, "pageSize": size})["error"]
            checks.equal(violation(error), "/params/pageSize", size)
        error = server.rpc(LIST, {"taskId": task, "pageToken": "?"})["error"]
        checks.equal(violation(error), "/params/pageToken")


def test_a_task_has_a_hundred_and_one_receiver_may_be_slow(checks, folder):
    def answer(delivery, number):
        if delivery.path == "/w0":
            time.sleep(1)
        return (200, {})

    with Receiver(answer) as hooks, Server(folder, *ALLOW) as server:
        task = send(server, "@echo ask=more?")
        for i in range(100):
            made = server.rpc(CREATE, {"taskId": task, "url": hooks.url(f"/w{i}"), "id": f"w{i}"})
            assert "result" in made, made

        def another(i):
            return server.rpc(CREATE, {"taskId": task, "url": hooks.url(f"/x{i}")})

        with ThreadPoolExecutor(8) as pool:
            refused = list(pool.map(another, range(1000)))
        checks.equal({one["error"]["code"] for one in refused}, {-32000})
        checks.that("delete" in refused[0]["error"]["message"], refused[0])
        checks.equal(len(server.rpc(LIST, {"taskId": task})["result"]["configs"]), 100)
        began = time.monotonic()
        send(server, "and this", taskId=task)
        for i in range(1, 100):
            hooks.ended(f"/w{i}")
        checks.that(time.monotonic() - began < 3, time.monotonic() - began)
        hooks.ended("/w0")


def test_foreign_configs_are_missing(checks, folder):
    write_tokens(
        f"{folder}/tokens.yaml",
        ["alice operator default", "bob operator default", "root admin *", "vera viewer default"],
    )
    with Server(folder, *ALLOW, "--tokens", f"{folder}/tokens.yaml") as server:
        task = send(server, "@echo wait", now=True, token="alice")
        config = {
            "taskId": task,
            "id": "p",
            "url": "http://127.0.0.1:9/",
            "token": "t",
            "authentication": {"scheme": "Bearer", "credentials": "c"},
        }
        server.rpc(CREATE, config, token="alice")
        unknown = str(uuid.uuid4())
        for method, more in ((CREATE, {"url": "http://127.0.0.1:9/"}), (LIST, {}), (GET, {"id": "p"}), (DELETE, {"id": "p"})):
            foreign = server.rpc(method, {"taskId": task, **more}, token="bob")
            missing = server.rpc(method, {"taskId": unknown, **more}, token="bob")
            checks.equal(
                json.dumps(foreign).replace(task, "ID"), json.dumps(missing).replace(unknown, "ID")
            )
        # Who may see the task, but did not write the webhook, sees no secret of it.
        seen = server.rpc(GET, {"taskId": task, "id": "p"}, token="root")["result"]
        checks.equal(seen["authentication"], {"scheme": "Bearer"})
        checks.that("token" not in seen)
        checks.equal(server.rpc(GET, {"taskId": task, "id": "p"}, token="alice")["result"], config)


def test_dead_letters_are_kept_and_tried_again(checks, folder):
    """A store in which the attempts are nearly used up, so that the last one comes soon."""
    import sqlite3

    broken = [True]

    def answer(delivery, number):
        return (500, {}) if broken[0] else (200, {})

    database = f"{folder}/store.db"
    with Receiver(answer) as hooks:
        server = Server(folder, *ALLOW, database=f"sqlite:{database}").start()
        task = send(server, "@echo x", {"url": hooks.url("/dead"), "id": "p"})
        hooks.wait(lambda seen: len(seen) >= 1)
        server.stop()
        with sqlite3.connect(database) as store:
            store.execute("UPDATE push_config SET failures = 9, due_at = NULL")
        server.start()
        deadline = time.monotonic() + 10
        while not server.get("/api/v1/outbox/dead")["items"] and time.monotonic() < deadline:
            time.sleep(0.05)
        letters = server.get("/api/v1/outbox/dead")["items"]
        checks.equal(len(letters), 1)
        letter = letters[0]
        checks.equal(
            (letter["task"], letter["config"], letter["error"]), (task, "p", "answered 500")
        )
        checks.equal(metric(server, "flotilla_outbox_dead_total"), 1.0)
        path = f"/api/v1/outbox/dead/{letter['id']}"
        checks.equal(server.call("POST", f"{path}/retry").status, 503)
        broken[0] = False
        again = server.call("POST", f"{path}/retry")
        checks.equal(again.status, 200)
        checks.equal(hooks.seen[-1].headers["idempotency-key"], f"{task}/{letter['seq']}")
        checks.equal(server.get("/api/v1/outbox/dead")["items"], [])
        checks.equal(server.call("POST", f"{path}/retry").status, 404)
        checks.equal(server.call("GET", "/api/v1/outbox/dead?limit=0").status, 400)
        server.stop()


def test_secrets_are_sealed_in_the_store(checks, folder):
    with Receiver() as hooks:
        server = Server(folder, *ALLOW, database=f"sqlite:{folder}/store.db").start()
        push = {
            "url": hooks.url("/s"),
            "token": "token-in-the-clear",
            "authentication": {"scheme": "Bearer", "credentials": "credentials-in-the-clear"},
        }
        send(server, "@echo wait", push, now=True)
        server.stop()
        import glob

        for path in glob.glob(f"{folder}/store.db*"):
            with open(path, "rb") as file:
                checks.that(b"in-the-clear" not in file.read(), path)
