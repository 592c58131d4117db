"""Rate limits: exact however many ask at once, told in every answer, and kept when Redis is gone."""

import re
import socket
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connection

from tenants import keys, limits, plans
from tenants.errors import QuotaExceeded, RateLimited
from tenants.metered import BUCKETS, LONG, RATES
from tenants.models import Plan, Tenant
from tenants.resolve import Speaker
from tests.api.test_sockets import opened
from tests.conftest import Caller, costs

NONE = dict.fromkeys(RATES)


WAIT = limits.WAIT


@pytest.fixture(autouse=True)
def no_rests(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test finds Redis alive, however busy the machine is, and a process that has counted nothing of its own."""
    monkeypatch.setattr(limits, "WAIT", 5.0)
    limits._script.cache_clear()
    limits._circuit, limits._local = limits.Circuit(), limits.Local()
    yield
    limits._script.cache_clear()
    limits._circuit, limits._local = limits.Circuit(), limits.Local()


@pytest.fixture
def unreachable(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1"
    limits._script.cache_clear()


def speaker(tenant: Tenant, **own: Any) -> Speaker:
    """Somebody new in a tenant with a plan of its own, so that no other test has spent anything."""
    tenant = Tenant(id=uuid.uuid4(), slug=tenant.slug, schema_name=tenant.schema_name, limits=NONE | own)
    return Speaker(tenant, f"key:{uuid.uuid4().hex[:12]}", frozenset({"read", "write"}))


def other_key(who: Speaker) -> Speaker:
    return Speaker(who.tenant, f"key:{uuid.uuid4().hex[:12]}", who.scopes)


def tries(who: list[Speaker], bucket: str, times: int, at_once: int = 32) -> Counter[str]:
    """How many of so many calls passed, and what the others were told."""

    def one(at: int) -> str:
        try:
            limits.spend(who[at % len(who)], bucket)
        except (RateLimited, QuotaExceeded) as refused:
            return str(refused)
        return "passed"

    with ThreadPoolExecutor(at_once) as pool:
        return Counter(pool.map(one, range(times)))


@pytest.mark.usefixtures("committed")
def test_320_calls_at_once_at_20_a_minute_are_exactly_20(ada: Caller, acme: Tenant) -> None:
    key = keys.find(ada.key)
    assert key
    plans.limit_key(key, {"key_read": 20})

    def call(_: int) -> int:
        try:
            return Caller(ada.key).get("memories?limit=1")[0]
        finally:
            connection.close()

    with ThreadPoolExecutor(32) as pool:
        answers = Counter(pool.map(call, range(320)))
    assert answers == {200: 20, 429: 300}


@pytest.mark.parametrize(("limited", "policy"), [("key_read", "read-per-key"), ("tenant_read", "read-per-tenant")])
def test_a_limit_is_exact_under_concurrency(acme: Tenant, limited: str, policy: str) -> None:
    assert tries([speaker(acme, **{limited: 20})], "read", 320) == {"passed": 20, policy: 300}


def test_the_keys_of_a_tenant_share_its_limit(acme: Tenant) -> None:
    one = speaker(acme, tenant_write=20, key_write=15)
    many = [one, *(other_key(one) for _ in range(7))]
    assert tries(many, "write", 320)["passed"] == 20


def test_each_key_has_a_limit_of_its_own(acme: Tenant) -> None:
    one = speaker(acme, key_write=5)
    assert tries([one, other_key(one)], "write", 40)["passed"] == 10


def test_all_tenants_share_the_global_limit(acme: Tenant, settings: Any) -> None:
    settings.GLOBAL_RATES = {"strange": 20}
    mine, theirs = (speaker(acme, key_strange=None, tenant_strange=None) for _ in range(2))
    limits._script().registered_client.delete("rate:strange")
    assert tries([mine, theirs], "strange", 320) == {"passed": 20, "strange-global": 300}


def test_one_who_is_refused_by_one_window_spends_in_none(acme: Tenant) -> None:
    one = speaker(acme, key_search=2, tenant_search=3)
    tries([one], "search", 50)
    assert tries([other_key(one)], "search", 50)["passed"] == 1


def test_buckets_are_apart(acme: Tenant) -> None:
    one = speaker(acme, **{f"key_{bucket}": 1 for bucket in BUCKETS})
    assert [tries([one], bucket, 3)["passed"] for bucket in BUCKETS] == [1, 1, 1, 1]


def test_what_was_spent_is_back_after_a_minute_and_not_before(acme: Tenant) -> None:
    one = speaker(acme, key_read=2)
    tries([one], "read", 5)
    client, name = limits._script().registered_client, f"rate:{one.tenant.pk}:{one.actor}:read"
    _age(client, name, 60)
    assert tries([one], "read", 1) == {"read-per-key": 1}
    _age(client, name, 1)
    assert tries([one], "read", 5)["passed"] == 2


def _age(client: Any, name: str, seconds: int) -> None:
    """Let a window look as if so many seconds had passed."""
    script = "local a = cmsgpack.unpack(redis.call('GET', KEYS[1])) for i = 1, #a, 2 do a[i] = a[i] - ARGV[1] end"
    client.eval(f"{script} redis.call('SET', KEYS[1], cmsgpack.pack(a))", 1, name, seconds)


def test_a_refusal_says_how_long_to_wait(acme: Tenant) -> None:
    one = speaker(acme, key_read=1)
    limits.spend(one, "read")
    with pytest.raises(RateLimited) as refused:
        limits.spend(one, "read")
    assert 59 <= refused.value.wait <= 61
    assert [(w.name, w.left) for w in refused.value.windows] == [("read-per-key", 0)]


def test_answers_say_what_is_left(ada: Caller, acme: Tenant) -> None:
    key = keys.find(ada.key)
    assert key
    plans.limit_key(key, {"key_read": 2})
    plans.assign(acme, None, {"tenant_read": None})
    first, second, third = (ada.raw("GET", "memories") for _ in range(3))
    assert first["RateLimit-Policy"] == '"read-per-key";q=2;w=60'
    assert first["RateLimit"] == '"read-per-key";r=1;t=61'
    assert second["RateLimit"].startswith('"read-per-key";r=0;t=')
    assert third.status_code == 429
    assert third["Content-Type"] == "application/problem+json"
    assert third.json()["code"] == "rate_limited"
    assert third.json()["errors"][0]["code"] == "read-per-key"
    assert 59 <= int(third["Retry-After"]) <= 61
    assert third["RateLimit"].startswith('"read-per-key";r=0;t=')


@pytest.mark.parametrize("name", LONG)
def test_an_hour_and_a_day_are_exact_and_of_all_keys_and_buckets_together(acme: Tenant, name: str) -> None:
    one = speaker(acme, **{f"tenant_{name}": 50})
    many = [one, other_key(one)]
    passed = [tries(many, bucket, 80) for bucket in BUCKETS]
    assert sum(told["passed"] for told in passed) == 50
    assert sum(told[f"{name}-per-tenant"] for told in passed) == 270


def test_one_who_is_refused_for_the_minute_spends_nothing_of_the_hour_nor_the_other_way_round(acme: Tenant) -> None:
    one = speaker(acme, key_read=2, key_write=5, tenant_hour=3, tenant_day=9)
    assert tries([one], "read", 50)["passed"] == 2
    assert tries([one], "write", 50)["passed"] == 1
    left = {window.name: window.left for window in limits.standing([one])}
    assert left == {"read-per-key": 0, "write-per-key": 4, "hour-per-tenant": 0, "day-per-tenant": 6}


@pytest.mark.parametrize(("name", "seconds"), [("hour", 3_600), ("day", 86_400)])
def test_what_was_spent_is_back_after_an_hour_or_a_day_and_not_before(acme: Tenant, name: str, seconds: int) -> None:
    one = speaker(acme, **{f"tenant_{name}": 2})
    tries([one], "read", 2)
    with pytest.raises(RateLimited) as refused:
        limits.spend(one, "search")
    assert seconds < refused.value.wait <= seconds + seconds // 60
    client, key = limits._script().registered_client, f"rate:{one.tenant.pk}:{name}"
    assert seconds < client.ttl(key) <= seconds + seconds // 60
    _age(client, key, 60)  # slots, of which a window has so many
    assert tries([one], "read", 1) == {f"{name}-per-tenant": 1}
    _age(client, key, 1)
    assert tries([one], "read", 5)["passed"] == 2


def test_who_waits_is_told_the_longest_wait(acme: Tenant) -> None:
    one = speaker(acme, key_read=1, tenant_hour=1)
    limits.spend(one, "read")
    with pytest.raises(RateLimited) as refused:
        limits.spend(one, "read")
    assert (refused.value.window.name, refused.value.wait > 3_600) == ("hour-per-tenant", True)


@pytest.mark.parametrize("own", [{}, {"tenant_hour": 9, "tenant_day": 9, "searches_hard": 9}])
def test_however_many_limits_there_are_spending_is_one_round_trip(
    acme: Tenant, own: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = speaker(acme, key_search=9, tenant_search=9, **own)
    limits.spend(one, "search")  # the script is known there now
    sent, client = [], limits._script().registered_client
    run = client.execute_command
    monkeypatch.setattr(client, "execute_command", lambda *words, **how: [sent.append(words), run(*words, **how)][1])
    assert len(limits.spend(one, "search").windows) == 2 + len(set(own) & set(RATES))
    assert [words[0] for words in sent] == ["EVALSHA"]


@pytest.mark.usefixtures("unreachable")
def test_without_redis_a_process_keeps_its_share_of_the_hour_too(
    acme: Tenant, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WEB_PROCESSES = 4
    now = 7_200.0
    monkeypatch.setattr(limits, "time", SimpleNamespace(monotonic=lambda: now))
    one = speaker(acme, tenant_hour=20, tenant_day=400)
    assert tries([one], "read", 40) == {"passed": 5, "hour-per-tenant": 35}
    now += 3_600
    assert tries([one], "write", 40)["passed"] == 0
    now += 60
    assert tries([one], "write", 40)["passed"] == 5
    assert [(w.name, w.left) for w in limits.standing_long(one.tenant)] == [
        ("hour-per-tenant", 0), ("day-per-tenant", 90),
    ]  # fmt: skip


@pytest.mark.usefixtures("unreachable")
def test_without_redis_too_the_longest_wait_is_told(acme: Tenant, settings: Any) -> None:
    settings.WEB_PROCESSES = 1
    one = speaker(acme, key_read=1, tenant_hour=1)
    limits.spend(one, "read")
    with pytest.raises(RateLimited) as refused:
        limits.spend(one, "read")
    assert (refused.value.window.name, refused.value.wait > 3_540) == ("hour-per-tenant", True)


@pytest.mark.usefixtures("unreachable")
def test_without_redis_one_does_not_look_at_what_is_back(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 7_200.0
    monkeypatch.setattr(limits, "time", SimpleNamespace(monotonic=lambda: now))
    one = speaker(acme, key_read=1)
    limits.spend(one, "read")
    now += 61
    assert [window.left for window in limits.standing([one])] == [1]


def test_answers_say_what_is_left_of_the_hour(ada: Caller, acme: Tenant) -> None:
    limits._script().registered_client.delete(f"rate:{acme.pk}:hour")
    plans.assign(acme, None, NONE | {"tenant_hour": 1})
    first, second = (ada.raw("GET", "memories") for _ in range(2))
    assert first["RateLimit-Policy"] == '"hour-per-tenant";q=1;w=3600'
    assert first["RateLimit"].startswith('"hour-per-tenant";r=0;t=36')
    assert second.status_code == 429
    assert second.json()["errors"][0]["detail"] == "at most 1 requests in 3600 seconds"
    assert int(second["Retry-After"]) > 3_540


TIERS = {"free": (100, 1_000), "pro": (10_000, 100_000), "enterprise": (100_000, 1_000_000)}


def test_tiers_have_hours_and_days_unless_somebody_changed_them(db: None) -> None:
    def told() -> dict[str, tuple[int | None, ...]]:
        rows = Plan.objects.filter(name__in=TIERS)
        return {plan.name: (plan.tenant_hour, plan.tenant_day, plan.searches_hard) for plan in rows}

    assert told() == {name: (*of, None) for name, of in TIERS.items()}
    for name, (_, day) in TIERS.items():
        Plan.objects.filter(name=name).update(tenant_hour=None, tenant_day=None, searches_hard=day)
    Plan.objects.filter(name="pro").update(key_read=99)
    import_module("tenants.migrations.0013_long_rates").tiers(apps, None)
    assert told() == {
        "free": (100, 1_000, None),
        "pro": (None, None, 100_000),
        "enterprise": (100_000, 1_000_000, None),
    }


@pytest.mark.parametrize(
    ("method", "path", "bucket"),
    [
        ("GET", "memories", "read"), ("POST", "memories/list", "read"), ("POST", "memories", "write"),
        ("POST", "memories/search", "search"), ("POST", "context", "search"), ("POST", "memories/stream", "search"),
        ("POST", "embeddings/cancel", "admin"),
    ],
)  # fmt: skip
def test_each_route_has_its_bucket(ada: Caller, method: str, path: str, bucket: str) -> None:
    answer = ada.raw(method, path, None if method == "GET" else b"{}")
    assert answer["RateLimit-Policy"].startswith(f'"{bucket}-per-key"')


def test_a_limit_costs_no_statement(ada: Caller) -> None:
    ada.get("memories")
    with costs(2):  # key, page
        ada.get("memories")


@pytest.mark.usefixtures("unreachable")
def test_without_redis_a_process_keeps_its_share(acme: Tenant, settings: Any) -> None:
    settings.WEB_PROCESSES = 4
    assert tries([speaker(acme, key_read=20)], "read", 320) == {"passed": 5, "read-per-key": 315}
    assert tries([speaker(acme, key_read=2)], "read", 10)["passed"] == 1
    assert tries([speaker(acme, key_read=0)], "read", 10)["passed"] == 0


def test_a_redis_that_hangs_is_waited_for_once(acme: Tenant, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "WAIT", WAIT)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        settings.REDIS_URL = f"redis://127.0.0.1:{deaf.getsockname()[1]}"
        limits._script.cache_clear()
        began = time.monotonic()
        assert tries([speaker(acme, key_read=400)], "read", 200, at_once=1)["passed"] == 100
        assert time.monotonic() - began < 1


def test_when_redis_is_back_it_decides_again(acme: Tenant, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    one, url = speaker(acme, key_read=20), settings.REDIS_URL
    settings.REDIS_URL = "redis://127.0.0.1:1"
    limits._script.cache_clear()
    tries([one], "read", 30)
    settings.REDIS_URL = url
    limits._script.cache_clear()
    assert tries([one], "read", 30)["passed"] == 0
    monkeypatch.setattr(limits._circuit, "_rests_until", time.monotonic())
    assert tries([one], "read", 30, at_once=1)["passed"] == 20


def test_looking_at_windows_spends_nothing(acme: Tenant) -> None:
    who = speaker(acme, key_read=10, tenant_search=3)
    for bucket in ("read", "read", "search"):
        limits.spend(who, bucket)
    for _ in "ab":
        told = [(window.name, window.limit, window.left) for window in limits.standing([who, other_key(who)])]
        assert told == [("read-per-key", 10, 8), ("search-per-tenant", 3, 2), ("read-per-key", 10, 10)]


def test_without_redis_one_looks_at_what_this_process_counted(acme: Tenant, unreachable: None, settings: Any) -> None:
    settings.WEB_PROCESSES = 1
    who = speaker(acme, key_read=10)
    limits.spend(who, "read")
    assert [window.left for window in limits.standing([who])] == [9]


def test_the_searches_of_a_day_are_exact(acme: Tenant) -> None:
    one = speaker(acme, searches_hard=20)
    many = [one, other_key(one)]
    assert tries(many, "search", 320) == {"passed": 20, "searches": 300}
    assert tries(many, "read", 5)["passed"] == 5


@pytest.mark.parametrize(("before", "status"), [(0, 200), (1, 200), (2, 429)])
def test_a_search_too_many_is_told_when_the_day_ends(ada: Caller, acme: Tenant, before: int, status: int) -> None:
    limits._script().registered_client.delete(f"searches:{acme.pk}:{int(time.time()) // 86400}")
    plans.assign(acme, None, {"searches_hard": 2})
    for _ in range(before):
        ada.search("tea")
    answer = ada.raw("POST", "memories/search", b'{"query": "tea"}')
    assert answer.status_code == status
    if status == 429:
        assert answer.json()["code"] == "quota_exceeded"
        assert 0 < int(answer["Retry-After"]) <= 86_400


def test_a_key_s_own_limits_go_before_the_tenant_s_and_those_before_the_plan_s(ada: Caller, acme: Tenant) -> None:
    key = keys.find(ada.key)
    assert key
    plan = Plan(name="small", key_read=3, key_write=3, key_search=3)
    plans.change(plan)
    plans.assign(acme, plan, {"key_write": 4, "key_search": 4})
    plans.limit_key(key, {"key_search": 5})
    told = plans.limits_of(acme, key)
    assert [told[f"key_{bucket}"] for bucket in ("read", "write", "search", "admin")] == [3, 4, 5, None]


def test_a_tenant_without_a_plan_has_the_default_one(acme: Tenant) -> None:
    assert plans.plan_of(acme).name == "standard"
    assert all(plans.limits_of(acme)[f"{quota}_hard"] is None for quota in ("memories", "bytes", "searches"))


@pytest.mark.parametrize("bad", [{"key_fly": 1}, {"key_read": -1}, {"key_read": True}, {"key_read": "1"}, [], None])
def test_limits_that_nobody_understands_are_refused(acme: Tenant, bad: Any) -> None:
    with pytest.raises(ValidationError):
        plans.assign(acme, None, bad)


def test_one_plan_at_most_is_the_default(acme: Tenant) -> None:
    plans.change(Plan(name="new", is_default=True))
    assert list(Plan.objects.filter(is_default=True).values_list("name", flat=True)) == ["new"]


@pytest.mark.usefixtures("committed")
async def test_a_socket_that_says_too_much_is_closed(ada: Caller) -> None:
    key = await sync_to_async(keys.find)(ada.key)
    assert key
    await sync_to_async(plans.limit_key)(key, {"key_read": 2})
    async with opened(token=ada.key) as line:
        for _ in range(3):
            await line.say({"type": "ping"})
        answers = [await line.hear() for _ in range(4)]
        assert [answer["type"] for answer in answers] == ["ready", "pong", "pong", "error"]
        assert answers[-1]["code"] == 4429
        assert re.search(r"come back in \d\d seconds", answers[-1]["detail"])
        assert (await line.receive_output(10))["code"] == 4429
