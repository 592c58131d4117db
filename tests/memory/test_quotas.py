"""Quotas: exact at N - 1, N and N + 1, however many write at once; what does not fit is refused and nothing is lost."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from django_tenants.utils import tenant_context

from events.models import Event
from memory import quotas
from memory.erasing import erase_all
from memory.models import Memory, Tally
from memory.remember import remember, remember_many
from memory.types import Draft
from memory.upkeep import stock, sweep
from tenants import metering, plans
from tenants.models import Stock, Tenant
from tests.conftest import Caller, costs


@pytest.fixture
def room(acme: Tenant) -> Any:
    """`room(memories=3)` puts acme under such quotas."""

    def limit(**hard: int) -> None:
        plans.assign(acme, None, {name if "_" in name else f"{name}_hard": most for name, most in hard.items()})

    return limit


def truth() -> tuple[int, int]:
    there = Memory.objects.exclude(state="deleted")
    return len(there), sum(len(memory.content.encode()) + memory.cold_bytes for memory in there)


def told() -> tuple[int, int]:
    kept = quotas.kept()
    return kept["memories"], kept["bytes"]


@pytest.mark.parametrize(("sent", "status"), [(2, 201), (3, 201), (4, 403)])
def test_as_many_memories_as_the_plan_holds(ada: Caller, room: Any, sent: int, status: int) -> None:
    room(memories=3)
    answer, body = ada.post("memories", {"memories": [{"content": f"note {i}"} for i in range(sent)]})
    assert answer == status
    stored = len(ada.get("memories")[1]["data"])
    assert stored == (sent if status == 201 else 0)
    if status == 403:
        assert body["code"] == "quota_exceeded"
        assert body["errors"][0] == {"pointer": "", "code": "memories", "detail": "0 of 3 are used"}


@pytest.mark.parametrize(("size", "status"), [(9, 201), (10, 201), (11, 403)])
def test_as_many_bytes_as_the_plan_holds(ada: Caller, room: Any, size: int, status: int) -> None:
    room(bytes=14)
    ada.remember("tea ")
    assert ada.post("memories", {"content": "é" * (size // 2) + "x" * (size % 2)})[0] == status


def test_of_a_partial_batch_what_fits_is_stored_and_the_rest_says_why(ada: Caller, room: Any) -> None:
    room(memories=2)
    items = [{"content": f"note {i}"} for i in range(4)]
    status, body = ada.post("memories", {"memories": items, "partial": True})
    assert status == 201
    assert [item["status"] for item in body["data"]] == ["created", "created", "failed", "failed"]
    assert body["data"][2]["reason"] == "the plan holds no more memories"


def test_of_a_partial_batch_an_item_that_would_grow_too_long_fails_alone(ada: Caller, room: Any) -> None:
    room(bytes=8)
    mine = ada.remember("tea")
    items = [{"id": mine, "content": "coffee with milk"}, {"content": "milk"}]
    body = ada.post("memories", {"memories": items, "partial": True})[1]
    assert [item["status"] for item in body["data"]] == ["failed", "created"]
    assert body["data"][0]["reason"] == "the plan holds no more bytes of content"
    assert ada.post("memories", {"memories": items})[0] == 403
    assert ada.get(f"memories/{mine}")[1]["content"] == "tea"


def test_what_is_said_already_needs_no_room(ada: Caller, room: Any) -> None:
    mine = ada.remember("The one.")
    room(memories=1)
    assert ada.remember("The one.") == mine


def test_deleting_makes_room_and_bringing_back_takes_it(ada: Caller, room: Any) -> None:
    room(memories=1)
    first = ada.remember("one")
    assert ada.post("memories", {"content": "two"})[0] == 403
    ada.delete(f"memories/{first}")
    second = ada.remember("two")
    assert ada.post(f"memories/{first}/restore", {})[0] == 403
    ada.delete(f"memories/{second}")
    assert ada.post(f"memories/{first}/restore", {})[0] == 200


def test_a_memory_may_not_grow_over_the_quota(ada: Caller, room: Any) -> None:
    room(bytes=5)
    mine = ada.remember("tea")
    assert ada.patch(f"memories/{mine}", {"content": "coffee"})[0] == 403
    assert ada.get(f"memories/{mine}")[1]["content"] == "tea"
    assert ada.patch(f"memories/{mine}", {"content": "cocoa"})[0] == 200


@pytest.mark.usefixtures("committed")
@pytest.mark.parametrize("most", [0, 7, 20])
def test_many_writers_at_once_store_exactly_as_many_as_the_plan_holds(ada: Caller, room: Any, most: int) -> None:
    room(memories=most)
    try:

        def write(at: int) -> int:
            try:
                return Caller(ada.key).post("memories", {"content": f"note {at}"})[0]
            finally:
                connection.close()

        with ThreadPoolExecutor(16) as pool:
            answers = Counter(pool.map(write, range(48)))
        assert answers == Counter({201: most, 403: 48 - most}) - Counter()
    finally:
        plans.assign(Tenant.objects.get(slug="acme"), None, {})


@pytest.mark.usefixtures("committed")
def test_far_from_the_end_nobody_waits_for_another_writer(acme: Tenant, room: Any) -> None:
    room(memories=10**9)
    try:
        acme.refresh_from_db()

        def write() -> str:
            try:
                with tenant_context(acme):
                    return remember(Draft("beside it")).status
            finally:
                connection.close()

        with tenant_context(acme), transaction.atomic(), ThreadPoolExecutor(1) as pool:
            remember(Draft("not committed yet"))
            assert pool.submit(write).result(timeout=10) == "created"
    finally:
        plans.assign(acme, None, {})


def test_without_a_quota_a_write_asks_for_nothing(ada: Caller) -> None:
    ada.remember("warm")
    with costs(7):  # key, savepoint, expired, insert, kept, facts, release
        ada.remember("no quota")


def test_the_tally_follows_whatever_happens_to_memories(in_acme: Tenant) -> None:
    rows = remember_many([Draft(f"note {i} é") for i in range(5)] + [Draft("note 0 é")])
    remember(Draft("gone", expires_at=timezone.now() - timedelta(hours=1)))
    assert told() == truth()
    Memory.objects.filter(pk=rows[1].id).update(content="", cold_bytes=40, tier="cold")
    erase_all(Memory.objects.filter(pk__in=[rows[2].id, rows[3].id]))
    assert told() == truth()
    sweep.run()
    Memory.objects.filter(state="deleted").delete()
    assert told() == truth()
    assert not quotas.settle()


def test_folding_changes_no_sum(in_acme: Tenant) -> None:
    for i in range(5):
        remember(Draft(f"note {i}"))
    before = told()
    quotas.fold()
    assert (told(), Tally.objects.count()) == (before, 1)


def test_a_wrong_tally_is_put_right(in_acme: Tenant) -> None:
    remember(Draft("note"))
    Tally.objects.create(memories=7, bytes=7)
    assert quotas.settle()
    assert told() == truth()


def test_a_soft_quota_is_told_once_a_day_and_in_each_answer(ada: Caller, acme: Tenant, room: Any) -> None:
    room(memories_soft=1, memories=2)
    ada.remember("one")
    with tenant_context(Tenant.objects.get(pk=acme.pk)):
        assert (stock.run(), stock.run()) == (["quota.warning"], [])
    fact = Event.objects.get(type="quota.warning")
    assert fact.data == {"quota": "memories", "used": 1, "soft": 1, "hard": 2}
    assert ada.raw("GET", "memories")["Quota-Warning"] == '"memories";used=1;soft=1;hard=2'
    ada.remember("two")
    with tenant_context(Tenant.objects.get(pk=acme.pk)):
        assert (stock.run(), stock.run()) == (["quota.exceeded"], [])
    plans.assign(acme, None, {})
    with tenant_context(Tenant.objects.get(pk=acme.pk)):
        assert stock.run() == []
    assert "Quota-Warning" not in ada.raw("GET", "memories")


def test_the_stock_of_the_day_is_written_down(ada: Caller, acme: Tenant) -> None:
    ada.remember("tea")
    with tenant_context(acme):
        stock.run()
    row = Stock.objects.get(tenant=acme, day=metering.today())
    assert (row.memories, row.bytes) == (1, 3)
