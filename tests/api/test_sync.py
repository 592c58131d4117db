"""/api/v1/sync: services without a socket send, fetch, acknowledge, and see the queue."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tenants.utils import tenant_context

from events.models import Event
from events.sync import receipts, services
from events.sync.models import Message, Receipt
from tenants import keys
from tenants.models import Tenant
from tests.conftest import Caller, costs, statements

A_MESSAGE = {"source": "a", "target": "b", "kind": "memory", "action": "create", "data": {"n": 1}}


def send(caller: Caller, **fields: Any) -> dict[str, Any]:
    status, body = caller.post("sync/messages", A_MESSAGE | fields)
    assert status == 201, body
    return body["data"][0]


def fetch(caller: Caller, service: str = "b", **fields: Any) -> list[dict[str, Any]]:
    status, body = caller.post("sync/messages/waiting", {"service": service, **fields})
    assert status == 200, body
    return body["data"]


def test_a_service_without_a_socket_fetches_and_acknowledges(ada: Caller) -> None:
    sent = send(ada, correlation_id="c-1")
    (got,) = fetch(ada)
    assert (got["id"], got["data"], got["attempt"], got["correlation_id"]) == (sent["id"], {"n": 1}, 1, "c-1")
    assert fetch(ada) == []
    status, body = ada.post("sync/messages/acknowledge", {"service": "b", "ids": [sent["id"]]})
    assert (status, body) == (200, {"data": [{"id": sent["id"], "state": "acknowledged"}]})
    read = ada.get(f"sync/messages/{sent['id']}")[1]
    assert [(one["service"], one["state"], one["attempts"]) for one in read["receipts"]] == [("b", "acknowledged", 1)]


def test_many_are_sent_at_once_and_by_an_idempotency_key_once(ada: Caller, acme: Tenant) -> None:
    batch = {"messages": [A_MESSAGE | {"data": {"n": n}} for n in range(3)]}
    first = ada.post("sync/messages", batch, Idempotency_Key="k-1")
    assert first == ada.post("sync/messages", batch, Idempotency_Key="k-1")
    assert [one["data"]["n"] for one in fetch(ada)] == [0, 1, 2]


def test_a_broadcast_is_for_services_that_came_and_want_its_kind(ada: Caller) -> None:
    fetch(ada, "b", capabilities=["memory"])
    fetch(ada, "c", capabilities=["model"])
    sent = send(ada, target="")
    assert [one["service"] for one in ada.get(f"sync/messages/{sent['id']}")[1]["receipts"]] == ["b"]


def test_services_are_listed_page_by_page(ada: Caller) -> None:
    for name in "bcd":
        fetch(ada, name, capabilities=["memory"])
    first = ada.get("sync/services?limit=2")[1]
    rest = ada.get(f"sync/services?limit=2&cursor={first['next_cursor']}")[1]
    assert [one["service_id"] for one in first["data"] + rest["data"]] == ["d", "c", "b"]
    assert (first["data"][0]["connected"], first["data"][0]["capabilities"]) == (False, ["memory"])


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [3, 2, 1, 0]),
        ("?service=b", [1, 0]),
        ("?service=a", [3, 1, 0]),
        ("?state=sent", [1, 0]),
        ("?state=waiting", [3, 2]),
        ("?service=c&state=waiting", [3]),
        ("?service=a&state=waiting", []),
        ("?kind=model", [2]),
        ("?correlation_id=c-1", [0]),
        ("?limit=2", [3, 2]),
    ],
)
def test_messages_are_narrowed(ada: Caller, query: str, found: list[int]) -> None:
    send(ada, data={"n": 0}, correlation_id="c-1")
    send(ada, data={"n": 1})
    fetch(ada)
    send(ada, data={"n": 2}, source="d", target="e", kind="model")
    send(ada, data={"n": 3}, target="c")
    assert [one["data"]["n"] for one in ada.get(f"sync/messages{query}")[1]["data"]] == found


def test_a_page_of_messages_costs_the_same_however_many(ada: Caller) -> None:
    def cost(limit: int) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert len(ada.get(f"sync/messages?limit={limit}")[1]["data"]) == limit
        return len(statements(captured))

    for _ in range(10):
        send(ada)
    cost(1)
    assert cost(1) == cost(10)


def test_what_was_given_up_is_queued_again(ada: Caller, in_acme: Tenant) -> None:
    sent = send(ada)
    path = f"sync/messages/{sent['id']}/requeue"
    assert ada.post(path, None)[1]["code"] == "nothing_dead"
    Receipt.objects.update(state="dead", settled_at=timezone.now(), attempts=10)
    assert ada.post(path, None) == (200, {"requeued": 1})
    assert [one["attempt"] for one in fetch(ada)] == [1]


def test_the_queue_tells_all_and_each_service(ada: Caller, in_acme: Tenant) -> None:
    first = send(ada)
    fetch(ada, limit=1)
    ada.post("sync/messages/acknowledge", {"service": "b", "ids": [first["id"]]})
    send(ada)
    send(ada, target="c")
    told = ada.get("sync/queue")[1]
    each = {one["service"]: one for one in told["services"]}
    assert (told["total"]["waiting"], each["b"]["waiting"], each["c"]["waiting"]) == (2, 1, 1)
    assert each["b"]["last_hour"]["acknowledged"] == each["b"]["last_day"]["acknowledged"] == 1
    assert each["b"]["last_hour"]["p50_ms"] <= each["b"]["last_hour"]["p95_ms"] < 10_000
    assert (each["c"]["last_hour"]["p50_ms"], each["c"]["connected"]) == (None, False)
    assert told["total"]["oldest_seconds"] >= 0


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("messages", A_MESSAGE | {"kind": "gossip"}, "/kind"),
        ("messages", A_MESSAGE | {"action": "dance"}, "/action"),
        ("messages", A_MESSAGE | {"source": "a b"}, "/source"),
        ("messages", A_MESSAGE | {"target": "\U0001f98a"}, "/target"),
        ("messages", A_MESSAGE | {"data": []}, "/data"),
        ("messages", A_MESSAGE | {"data": {"x": "y" * 70_000}}, "/data"),
        ("messages", A_MESSAGE | {"expires_in": 0}, "/expires_in"),
        ("messages", A_MESSAGE | {"shout": True}, "/shout"),
        ("messages", {"messages": []}, "/messages"),
        ("messages", {"messages": [A_MESSAGE, A_MESSAGE | {"target": "a b"}]}, "/messages/1/target"),
        ("messages", {"messages": [A_MESSAGE] * 101}, "/messages"),
        ("messages/waiting", {"service": ""}, "/service"),
        ("messages/waiting", {"service": "b", "capabilities": ["memory", "flying"]}, "/capabilities"),
        ("messages/waiting", {"service": "b", "limit": 51}, "/limit"),
        ("messages/acknowledge", {"service": "b", "ids": []}, "/ids"),
        ("messages/acknowledge", {"service": "b", "ids": ["x"]}, "/ids/0"),
        ("messages/acknowledge", {"service": "b", "ids": ["01a1fc31-325e-776f-a220-14f1782bb309"]}, "/ids/0"),
        ("messages/acknowledge", {"service": "b", "ids": ["x"], "status": "maybe"}, "/status"),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_with_its_place(ada: Caller, path: str, body: Any, pointer: str) -> None:
    status, told = ada.post(f"sync/{path}", body)
    assert (status, told["code"]) == (422, "not_valid")
    assert pointer in [one["pointer"] for one in told["errors"]]


def test_a_message_that_is_not_there_is_not_found(ada: Caller) -> None:
    for method, path in (("GET", "{}"), ("POST", "{}/requeue")):
        at = f"sync/messages/{path.format('01a1fc31-325e-776f-a220-14f1782bb309')}"
        assert ada.call(method, at)[0] == 404


def test_a_key_that_is_bound_to_namespaces_has_no_part(acme: Tenant) -> None:
    bot = Caller(keys.issue(acme, "bot", ["read", "write"], namespaces=["mine"])[1])
    for path in ("services", "queue", "messages"):
        assert bot.get(f"sync/{path}")[0] == 403
    assert bot.post("sync/messages", A_MESSAGE)[0] == 403
    assert bot.post("sync/messages/waiting", {"service": "b"})[0] == 403


def test_a_key_that_only_reads_neither_sends_nor_fetches(acme: Tenant) -> None:
    reader = Caller(keys.issue(acme, "reader", ["read"])[1])
    assert reader.get("sync/messages")[0] == 200
    for path, body in (("messages", A_MESSAGE), ("messages/waiting", {"service": "b"})):
        assert reader.post(f"sync/{path}", body)[0] == 403


def test_tenants_with_services_of_the_same_name_never_meet(ada: Caller, ben: Caller, globex: Tenant) -> None:
    sent = send(ada)
    assert fetch(ben) == []
    assert ben.get(f"sync/messages/{sent['id']}")[0] == 404
    assert ben.post("sync/messages/acknowledge", {"service": "b", "ids": [sent["id"]]})[0] == 422
    assert ben.get("sync/messages")[1]["data"] == []
    with tenant_context(globex):
        assert not Message.objects.exists()
    assert [one["id"] for one in fetch(ada)] == [sent["id"]]


def test_no_fact_of_it_holds_what_was_said(ada: Caller) -> None:
    sent = send(ada, data={"secret": "kingfisher"}, correlation_id="kingfisher")
    fetch(ada)
    ada.post(
        "sync/messages/acknowledge", {"service": "b", "ids": [sent["id"]], "status": "failed", "error": "kingfisher"}
    )
    told = [fact for fact in Event.objects.all() if fact.type.startswith("sync.")]
    assert sorted(fact.type for fact in told) == ["sync.acknowledged", "sync.identified", "sync.sent"]
    assert not any("kingfisher" in json.dumps(fact.data) for fact in told)


def test_fetching_nothing_costs_little(ada: Caller, in_acme: Tenant) -> None:
    service = services.identify("b")
    with costs(3):  # a savepoint, one look, and its release
        assert receipts.claim(service, None) == []
