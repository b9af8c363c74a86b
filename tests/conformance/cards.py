"""The agent card, public and extended."""

import re

from bindings import JsonRpc, Rest
from suite import covers

CARD = "/.well-known/agent-card.json"
VALID, REFUSED = "itk-valid-token", "itk-insufficient-token"


def card_of(server, version="1.0"):
    return server.call("GET", CARD, {"A2A-Version": version})


@covers(
    "CARD-DISC-001 CARD-PROTO-001 CARD-PROTO-002 CARD-STRUCT-001 BIND-FIELD-001",
    "acts:CARD-DISC-001 acts:CARD-DISC-002 acts:CARD-DISC-003 acts:CARD-DISC-004",
    "acts:CARD-DISC-005 acts:CARD-DISC-006 acts:CARD-DISC-007 acts:CARD-SCHEMA-001",
    bindings=False,
)
def test_the_card_is_whole(server):
    response = card_of(server)
    assert response.status == 200 and response.get("Content-Type").startswith("application/json")
    card = response.json()
    for name in ("name", "description", "version", "capabilities", "skills"):
        assert card[name], name
    assert card["defaultInputModes"] and card["defaultOutputModes"]
    offered = {(one["protocolBinding"], one["protocolVersion"]) for one in card["supportedInterfaces"]}
    assert {("JSONRPC", "1.0"), ("HTTP+JSON", "1.0")} <= offered, offered
    for one in card["supportedInterfaces"]:
        if one["protocolBinding"] != "GRPC":
            assert re.match(r"https?://[^/]+:\d+", one["url"]), one
    for skill in card["skills"]:
        assert skill["id"] and skill["name"] and skill["description"] and skill["tags"], skill


@covers("CARD-CACHE-001 CARD-CACHE-002 CARD-CACHE-003", "acts:CARD-CACHE-001", bindings=False)
def test_the_card_can_be_cached(server):
    response = card_of(server)
    assert "max-age=" in response.get("Cache-Control"), response.headers
    assert response.get("Last-Modified").endswith(" GMT"), response.headers
    etag = response.get("ETag")
    again = server.call("GET", CARD, {"A2A-Version": "1.0", "If-None-Match": etag})
    assert again.status == 304 and again.get("ETag") == etag, again.status


@covers(
    "CARD-EXT-001",
    "acts:CARD-EXT-001 acts:SEC-EXTCARD-001 acts:SEC-EXTCARD-002 acts:SEC-EXTCARD-004",
    bindings=False,
)
def test_the_extended_card_wants_a_token(server):
    for binding in (JsonRpc(server, token=VALID), Rest(server, token=VALID)):
        card = binding.call("GetExtendedAgentCard").result
        assert card["capabilities"]["extendedAgentCard"] is True and card["skills"], card
    nobody = server.call("GET", "/extendedAgentCard", {"A2A-Version": "1.0"})
    assert nobody.status == 401 and nobody.get("WWW-Authenticate").startswith("Bearer"), nobody.status
    assert JsonRpc(server).call("GetExtendedAgentCard").error
    for binding in (JsonRpc(server, token=REFUSED), Rest(server, token=REFUSED)):
        assert binding.call("GetExtendedAgentCard").status == 403


@covers(
    "CORE-CAP-001 CORE-CAP-002 CORE-CAP-003 CARD-EXT-002",
    "acts:CORE-CAP-001 acts:CORE-CAP-002 acts:PUSH-CFG-004 acts:SEC-EXTCARD-003",
    server="reduced",
)
def test_what_the_card_does_not_offer_is_refused(binding):
    capabilities = card_of(binding.server).json()["capabilities"]
    assert not any(value for value in capabilities.values() if isinstance(value, bool)), capabilities
    from bindings import send

    stream = binding.stream("SendStreamingMessage", send())
    assert b"UNSUPPORTED_OPERATION" in stream.refused.body, stream.refused.body
    task = binding.call("SendMessage", send("x", "tck-complete-task")).task
    stream = binding.stream("SubscribeToTask", {"id": task["id"]})
    assert b"UNSUPPORTED_OPERATION" in stream.refused.body, stream.refused.body
    config = {"taskId": task["id"], "url": "http://127.0.0.1:1/"}
    for operation, params in (
        ("CreateTaskPushNotificationConfig", config),
        ("ListTaskPushNotificationConfigs", {"taskId": task["id"]}),
        ("GetTaskPushNotificationConfig", {"taskId": task["id"], "id": "x"}),
        ("DeleteTaskPushNotificationConfig", {"taskId": task["id"], "id": "x"}),
    ):
        answer = binding.call(operation, params)
        assert answer.reason == "PUSH_NOTIFICATION_NOT_SUPPORTED", (operation, answer.error)
    inline = send("x", configuration={"taskPushNotificationConfig": {"url": config["url"]}})
    assert binding.call("SendMessage", inline).reason == "PUSH_NOTIFICATION_NOT_SUPPORTED"
    binding.token = VALID
    assert binding.call("GetExtendedAgentCard").reason == "UNSUPPORTED_OPERATION"


@covers(
    "AUTH-SERVER-002 AUTH-SCOPE-001 BIND-EQUIV-004",
    "acts:SEC-AUTH-001 acts:SEC-AUTH-002 acts:SEC-AUTH-003 acts:SEC-AUTH-004 acts:SEC-AUTH-006",
    server="auth",
)
def test_every_call_wants_a_token(binding):
    from bindings import send

    card = card_of(binding.server).json()
    assert card["securitySchemes"] and card["securityRequirements"], card
    calls = [
        ("SendMessage", send()),
        ("SendStreamingMessage", send()),
        ("GetTask", {"id": "x"}),
        ("ListTasks", {}),
        ("CancelTask", {"id": "x"}),
        ("SubscribeToTask", {"id": "x"}),
        ("ListTaskPushNotificationConfigs", {"taskId": "x"}),
        ("GetExtendedAgentCard", {}),
    ]
    for token, status in ((None, 401), ("unknown", 401), (REFUSED, 403)):
        binding.token = token
        for operation, params in calls:
            answer = binding.call(operation, params)
            assert answer.status == status, (operation, token, answer.status)
            if status == 401:
                assert answer.response.get("WWW-Authenticate").startswith("Bearer")
    binding.token = VALID
    assert binding.call("SendMessage", send("x", "tck-complete-task")).task["id"]
    missing = binding.call("GetTask", {"id": "11111111-2222-4333-8444-555555555555"})
    assert missing.reason == "TASK_NOT_FOUND", missing.error
