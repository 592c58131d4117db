"""/api/v1/webhooks: made, changed, read with their health, rolled, pinged, and their deliveries sent anew."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import jsonschema
import pytest
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.selftest import planting
from events import relay
from events.models import Attempt, Delivery, Event, Webhook, WebhookSecret
from events.types import CATALOGUE
from events.webhooks import endpoints, payload, schedule, signing
from tenants import keys
from tenants.models import Tenant
from tests.conftest import Caller, costs

URL = "https://example.com/memhouse"
NOBODY = "01a1fded-81e6-7683-9d51-782ba6ade3b4"


def made(caller: Caller, **said: Any) -> dict[str, Any]:
    status, body = caller.post("webhooks", {"url": URL} | said)
    assert status == 201, body
    return body


def relayed(tenant: Tenant) -> None:
    while relay.relay_batch(tenant.pk):
        pass


def over(delivery: Delivery, state: str, status: int | None = 200, error: str = "") -> None:
    """A delivery that was tried once, as the sender leaves it."""
    now = timezone.now()
    Delivery.objects.filter(pk=delivery.pk).update(state=state, attempts=1, finished_at=now)
    Attempt.objects.create(
        delivery=delivery, webhook_id=delivery.webhook_id, at=now, took_ms=12, status=status, error=error, response="ok"
    )


@pytest.fixture
def three(ada: Caller, acme: Tenant) -> tuple[str, list[Delivery]]:
    """A webhook and its deliveries of three memories: one arrived, one died, one waits."""
    webhook = made(ada, types=["memory.created"])["id"]
    for word in "abc":
        ada.remember(f"Tea {word}.")
    relayed(acme)
    rows = list(Delivery.objects.order_by("seq"))
    over(rows[0], "delivered")
    over(rows[1], "dead", 500)
    return webhook, rows


def test_a_webhook_is_made_and_its_secret_is_told_once(ada: Caller) -> None:
    body = made(ada, types=["memory.*"], namespaces=["default"], description="ours")
    assert body["secret"].startswith("whsec_")
    assert (body["url"], body["state"], body["types"], body["namespaces"]) == (URL, "active", ["memory.*"], ["default"])
    assert body["health"] == {
        "delivered_24h": 0, "failed_24h": 0, "success_rate": None, "pending": 0, "dead": 0, "oldest_pending_at": None,
        "p50_ms": None, "p95_ms": None,
    }  # fmt: skip
    status, read = ada.get(f"webhooks/{body['id']}")
    assert (status, read) == (200, {name: value for name, value in body.items() if name != "secret"})
    assert "secret" not in ada.get("webhooks")[1]["data"][0]


def test_the_answer_with_a_secret_is_kept_nowhere(ada: Caller) -> None:
    answer = ada.raw("POST", "webhooks", json.dumps({"url": URL}).encode(), Idempotency_Key="once")
    assert answer["Cache-Control"] == "no-store"
    again = ada.raw("POST", "webhooks", json.dumps({"url": URL}).encode(), Idempotency_Key="once")
    assert (again.status_code, again.json()["code"]) == (409, "reply_gone")
    assert Webhook.objects.count() == 1
    secret = answer.json()["secret"].encode()
    assert secret not in bytes(WebhookSecret.objects.get().sealed)


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"url": "ftp://example.com"}, "/url"),
        ({"url": "https://user:word@example.com"}, "/url"),
        ({"url": "https://example.com:22"}, "/url"),
        ({"url": "https://[::1"}, "/url"),
        ({"url": "x" * 3_000}, "/url"),
        ({"url": None}, "/url"),
        ({"types": ["tea.drunk"]}, "/types"),
        ({"types": ["*"]}, "/types"),
        ({"types": "memory.*"}, "/types"),
        ({"namespaces": [""]}, "/namespaces/0"),
        ({"description": "x" * 201}, "/description"),
        ({"state": "paused"}, "/state"),
    ],
)
def test_a_webhook_that_makes_no_sense_is_refused(ada: Caller, said: dict[str, Any], pointer: str) -> None:
    status, body = ada.post("webhooks", {"url": URL} | said)
    assert (status, body["code"], body["errors"][0]["pointer"]) == (422, "not_valid", pointer)
    webhook = made(ada)["id"]
    status, body = ada.patch(f"webhooks/{webhook}", said)
    assert (status, body["errors"][0]["pointer"]) == (422, pointer)


HOSTS = st.from_regex(r"(https?|ftp)://[a-z0-9.:\\[\\]@%-]{0,20}(:[0-9]{0,6})?/?", fullmatch=True)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(url=st.one_of(HOSTS, st.text(max_size=60)), types=st.lists(st.text(max_size=20), max_size=3))
def test_whatever_is_sent_is_made_or_refused(ada: Caller, url: str, types: list[str]) -> None:
    for said in ({"url": url}, {"url": URL, "types": types}):
        status, body = ada.post("webhooks", said)
        assert status in (201, 400, 409, 422), body
        if status == 201:
            assert ada.delete(f"webhooks/{body['id']}")[0] == 204


def test_there_is_a_most_of_webhooks(ada: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "MOST", 1)
    made(ada)
    status, body = ada.post("webhooks", {"url": URL})
    assert (status, body["code"]) == (409, "too_many_webhooks")


def test_a_webhook_is_changed_paused_enabled_and_deleted(ada: Caller) -> None:
    path = f"webhooks/{made(ada, types=['memory.*'])['id']}"
    status, changed = ada.patch(path, {"types": [], "description": "all"})
    assert (status, changed["types"], changed["description"], changed["url"]) == (200, [], "all", URL)
    assert ada.post(f"{path}/pause", None)[1]["state"] == "paused"
    assert ada.post(f"{path}/enable", None)[1]["state"] == "active"
    assert ada.delete(path)[0] == 204
    assert ada.get(path)[0] == ada.patch(path, {})[0] == ada.delete(path)[0] == 404
    assert {ada.post(f"{path}/{act}", {})[0] for act in ("pause", "enable", "ping", "secret")} == {404}


def test_lists_go_on_where_a_page_ended(ada: Caller) -> None:
    ids = [made(ada)["id"] for _ in range(3)][::-1]
    first = ada.get("webhooks?limit=2")[1]
    rest = ada.get(f"webhooks?limit=2&cursor={first['next_cursor']}")[1]
    assert [row["id"] for row in first["data"] + rest["data"]] == ids
    assert (first["has_more"], rest["has_more"]) == (True, False)


def test_a_ping_tells_the_id_that_the_receiver_will_see(ada: Caller, acme: Tenant) -> None:
    made(ada)
    webhook = made(ada, types=["memory.*"])["id"]
    status, body = ada.post(f"webhooks/{webhook}/ping", None)
    assert status == 202
    relayed(acme)
    delivery = Delivery.objects.get(type="ping.test")
    assert (str(delivery.webhook_id), str(delivery.event_id)) == (webhook, body["event_id"])


def test_a_ping_that_would_never_arrive_is_refused(ada: Caller) -> None:
    webhook = made(ada)["id"]
    Webhook.objects.update(state="disabled", reason="gone")
    status, body = ada.post(f"webhooks/{webhook}/ping", None)
    assert (status, body["code"]) == (409, "webhook_disabled")
    assert not Event.objects.filter(type="ping.test").exists()


def test_deliveries_are_narrowed_by_types_as_the_feed_is(ada: Caller, three: tuple[str, list[Delivery]]) -> None:
    for said, count in (("memory.created", 3), ("memory.*", 3), ("session.*", 0)):
        assert len(ada.get(f"webhooks/{three[0]}/deliveries?type={said}")[1]["data"]) == count
    status, body = ada.get(f"webhooks/{three[0]}/deliveries?type=tea.drunk")
    assert (status, body["errors"][0]["pointer"]) == (422, "/type")


def test_a_range_that_ends_before_it_begins_is_refused(ada: Caller, three: tuple[str, list[Delivery]]) -> None:
    status, body = ada.post(f"webhooks/{three[0]}/replay", {"first_seq": 5, "last_seq": 1})
    assert (status, body["errors"][0]["pointer"]) == (422, "/last_seq")


def test_a_secret_is_rolled_with_an_overlap(ada: Caller) -> None:
    body = made(ada)
    status, rolled = ada.post(f"webhooks/{body['id']}/secret", {"hours": 2})
    assert status == 201
    assert rolled["secret"] != body["secret"]
    assert endpoints.secrets_of(Webhook.objects.get()) == [rolled["secret"], body["secret"]]
    assert ada.post(f"webhooks/{body['id']}/secret", {"hours": 0})[0] == 201
    for hours in (-1, 721, "soon", None):
        assert ada.post(f"webhooks/{body['id']}/secret", {"hours": hours})[0] == 422


def test_a_secret_that_ends_at_once_takes_older_ones_along_and_five_sign_at_most(ada: Caller) -> None:
    path = f"webhooks/{made(ada)['id']}/secret"
    for hours in (24, 48, 0):
        last = ada.post(path, {"hours": hours})[1]["secret"]
    assert endpoints.secrets_of(Webhook.objects.get()) == [last]
    told = [ada.post(path, {"hours": 24})[1]["secret"] for _ in range(7)]
    assert endpoints.secrets_of(Webhook.objects.get()) == told[:-6:-1]
    assert WebhookSecret.objects.count() == 5


def test_deliveries_are_listed_with_what_came_of_them(ada: Caller, three: tuple[str, list[Delivery]]) -> None:
    webhook, rows = three
    told = ada.get(f"webhooks/{webhook}/deliveries")[1]["data"]
    assert [(row["seq"], row["state"], row["last_status"]) for row in told] == [
        (rows[2].seq, "pending", None), (rows[1].seq, "dead", 500), (rows[0].seq, "delivered", 200),
    ]  # fmt: skip
    assert [bool(row["next_at"]) for row in told] == [True, False, False]
    health = ada.get(f"webhooks/{webhook}")[1]["health"]
    assert (health["success_rate"], health["pending"], health["dead"], health["p95_ms"]) == (0.5, 1, 1, 12)


def test_deliveries_are_narrowed_and_paged(ada: Caller, three: tuple[str, list[Delivery]]) -> None:
    webhook, rows = three
    path = f"webhooks/{webhook}/deliveries"

    def found(query: str) -> list[str]:
        status, body = ada.get(f"{path}?{query}")
        assert status == 200, body
        return [row["id"] for row in body["data"]]

    assert found("state=dead") == [str(rows[1].pk)]
    assert len(found("type=memory.created")) == 3
    assert found("type=run.queued") == []
    Delivery.objects.filter(pk=rows[0].pk).update(created_at=timezone.now() - timedelta(days=2))
    yesterday = (timezone.now() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert found(f"until={yesterday}") == [str(rows[0].pk)]
    assert len(found(f"since={yesterday}")) == 2
    page = ada.get(f"{path}?limit=2")[1]
    assert page["has_more"]
    assert found(f"limit=2&cursor={page['next_cursor']}") == [str(rows[0].pk)]
    for query in ("state=lost", "since=soon", "cursor=x", "limit=0", "more=1"):
        assert ada.get(f"{path}?{query}")[0] == 422


def test_a_delivery_is_read_with_its_attempts_and_what_is_sent(ada: Caller, three: tuple[str, list[Delivery]]) -> None:
    webhook, rows = three
    status, body = ada.get(f"webhooks/deliveries/{rows[1].pk}")
    assert (status, body["webhook_id"], body["state"]) == (200, webhook, "dead")
    (tried,) = body["tries"]
    assert (tried["status"], tried["took_ms"], tried["error"], tried["response"]) == (500, 12, "", "ok")
    sent = json.loads(body["body"])
    assert (sent["type"], sent["data"]["seq"], sent["data"]["id"]) == ("memory.created", rows[1].seq, body["event_id"])
    assert "Tea" not in body["body"]


def test_one_delivery_is_sent_anew_with_its_id(ada: Caller, three: tuple[str, list[Delivery]]) -> None:
    dead, waits = three[1][1:]
    status, body = ada.post(f"webhooks/deliveries/{dead.pk}/replay", None)
    assert (status, body["state"], body["replays"], len(body["tries"])) == (202, "pending", 1, 1)
    assert body["event_id"] == str(dead.event_id)
    status, body = ada.post(f"webhooks/deliveries/{waits.pk}/replay", None)
    assert (status, body["code"]) == (409, "not_replayable")
    assert ada.post(f"webhooks/deliveries/{NOBODY}/replay", None)[0] == 404
    assert Event.objects.filter(type="webhook.replayed").count() == 1


def test_a_range_is_counted_and_sent_anew(ada: Caller, three: tuple[str, list[Delivery]]) -> None:
    webhook, rows = three
    between = {"first_seq": rows[0].seq, "last_seq": rows[2].seq}
    assert ada.post(f"webhooks/{webhook}/replay", between | {"dry_run": True}) == (200, {"count": 2})
    assert not Event.objects.filter(type="webhook.replayed").exists()
    assert ada.post(f"webhooks/{webhook}/replay", between) == (200, {"count": 2})
    assert Event.objects.get(type="webhook.replayed").data == {"count": 2}
    assert ada.post(f"webhooks/{webhook}/replay", between) == (200, {"count": 0})


def test_all_that_died_since_a_time_is_sent_anew(ada: Caller, three: tuple[str, list[Delivery]]) -> None:
    webhook, rows = three
    tomorrow, yesterday = ((timezone.now() + timedelta(days=days)).isoformat() for days in (1, -1))
    assert ada.post(f"webhooks/{webhook}/replay", {"since": tomorrow}) == (200, {"count": 0})
    assert ada.post(f"webhooks/{webhook}/replay", {"since": yesterday, "dry_run": True}) == (200, {"count": 1})
    assert ada.post(f"webhooks/{webhook}/replay", {"since": yesterday}) == (200, {"count": 1})
    rows[1].refresh_from_db()
    assert rows[1].state == "pending"


@pytest.mark.parametrize(
    "said",
    [
        {}, {"first_seq": 1}, {"last_seq": 1}, {"first_seq": 1, "last_seq": 2, "since": "2026-01-01T00:00:00Z"},
        {"first_seq": True, "last_seq": "x"},
        {"first_seq": -1, "last_seq": 2}, {"since": "soon"}, {"since": None},
    ],
)  # fmt: skip
def test_a_replay_says_what(ada: Caller, said: dict[str, Any]) -> None:
    assert ada.post(f"webhooks/{made(ada)['id']}/replay", said)[0] == 422


def test_another_tenants_webhooks_and_deliveries_are_not_there(ben: Caller, three: tuple[str, list[Delivery]]) -> None:
    webhook, rows = three
    assert ben.get("webhooks")[1]["data"] == []
    paths = [f"webhooks/{webhook}", f"webhooks/{webhook}/deliveries", f"webhooks/deliveries/{rows[1].pk}"]
    assert {ben.get(path)[0] for path in paths} == {404}
    acts = ("pause", "enable", "ping", "secret")
    assert {ben.post(f"webhooks/{webhook}/{act}", {})[0] for act in acts} == {404}
    assert ben.patch(f"webhooks/{webhook}", {"url": URL})[0] == ben.delete(f"webhooks/{webhook}")[0] == 404
    assert ben.post(f"webhooks/{webhook}/replay", {"first_seq": 0, "last_seq": 9})[0] == 404
    assert ben.post(f"webhooks/deliveries/{rows[1].pk}/replay", None)[0] == 404


@pytest.mark.parametrize("scope", ["read", "write"])
def test_only_admins_look_at_webhooks(acme: Tenant, scope: str) -> None:
    caller = Caller(keys.issue(acme, scope, [scope])[1])
    assert caller.get("webhooks")[0] == caller.post("webhooks", {"url": URL})[0] == 403


def test_lists_cost_the_same_for_one_and_for_many(ada: Caller, acme: Tenant) -> None:
    webhook = made(ada)["id"]
    ada.remember("Tea.")
    relayed(acme)
    ada.get("webhooks")
    for _ in range(2):
        with costs(5):
            ada.get("webhooks")
        with costs(3):
            ada.get(f"webhooks/{webhook}/deliveries")
        for word in "abc":
            made(ada)
            ada.remember(f"Tea {word}.")
        relayed(acme)
        for row in Delivery.objects.filter(state="pending"):
            over(row, "dead", None, "timed out")


# --- what is sent, in the OpenAPI document

SCHEMA = SchemaGenerator().get_schema(request=None, public=True)


def test_the_document_tells_what_is_sent_of_each_type() -> None:
    told = SCHEMA["webhooks"]
    assert list(told) == list(CATALOGUE)
    for name, kind in CATALOGUE.items():
        operation = told[name]["post"]
        assert operation["summary"] == kind.says
        assert [header["name"] for header in operation["parameters"]] == [
            "webhook-id", "webhook-timestamp", "webhook-signature",
        ]  # fmt: skip
        body = operation["requestBody"]["content"]["application/json"]["schema"]
        assert list(body["properties"]) == ["type", "timestamp", "data"]
        assert body["properties"]["type"] == {"const": name}
        assert list(body["properties"]["data"]["properties"]["data"]["properties"]) == list(kind.keys)


def test_what_is_sent_is_as_the_document_tells_it(ada: Caller, acme: Tenant) -> None:
    def call(method: str, path: str, body: bytes, content_type: str) -> tuple[int, Any]:
        answer = ada.raw(method, path, body, **{"Content-Type": content_type})
        return answer.status_code, answer.json()

    planting.plant(acme, f"canary{uuid4().hex[:8]}", call)
    ada.post("keys", {"name": "robot"})
    events = list(Event.objects.filter(tenant_id=acme.pk).exclude(seq=None))
    assert len({event.type for event in events}) > 15
    for event in events:
        sent = json.loads(payload.body(event))
        schema = SCHEMA["webhooks"][event.type]["post"]["requestBody"]["content"]["application/json"]["schema"]
        jsonschema.validate(sent, schema)
        assert UUID(sent["data"]["id"]) == event.pk
        assert set(sent["data"]["data"]) <= set(CATALOGUE[event.type].keys)


# --- docs/webhooks.md

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "webhooks.md").read_text()


def test_the_receiver_of_the_docs_takes_what_is_sent_and_nothing_else(ada: Caller, acme: Tenant) -> None:
    room: dict[str, Any] = {}
    exec(re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[1], room)  # noqa: S102  our own page
    webhook = made(ada)
    relayed(acme)
    body = payload.body(Delivery.objects.get(type="webhook.created").event)
    secrets = [ada.post(f"webhooks/{webhook['id']}/secret", {})[1]["secret"], webhook["secret"]]
    assert endpoints.secrets_of(Webhook.objects.get()) == secrets
    sent = signing.headers("an id", timezone.now(), body, secrets)
    for secret in secrets:
        assert room["verify"](secret, body.encode(), sent) == json.loads(body)
    for wrong in (
        (secrets[0], body.encode() + b" ", sent),
        (secrets[0], body.encode(), sent | {"webhook-id": "another"}),
        (secrets[0], body.encode(), sent | {"webhook-timestamp": "1"}),
        ("whsec_" + "A" * 44, body.encode(), sent),
    ):
        with pytest.raises(ValueError, match=r"wrong|old"):
            room["verify"](*wrong)


def test_the_table_of_tries_in_the_docs_is_the_schedule() -> None:
    rows = re.findall(r"^\| \d+ \| (?:at once|([\d.]+) (second|minute|hour)s) \|", PAGE, re.MULTILINE)
    units = {"": 0, "second": 1, "minute": 60, "hour": 3_600}
    assert [float(count or 0) * units[unit] for count, unit in rows] == list(schedule.STEPS)
