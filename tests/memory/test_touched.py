"""Recalls are counted, and nobody waits for the counter."""

import time
from typing import Any

import pytest
from django_tenants.utils import tenant_context

from memory import stats, touched
from memory.listing import Narrowing
from memory.models import Memory
from memory.recall import recall
from memory.remember import remember
from memory.types import Draft, Query, Scope
from tenants.models import Tenant


@pytest.fixture(autouse=True)
def nothing_counted(in_acme: Tenant, globex: Tenant) -> None:
    touched.fold()
    with tenant_context(globex):
        touched.fold()


def test_recalls_reach_the_rows(in_acme: Tenant) -> None:
    tea, coffee = remember(Draft("Tea at five.")).id, remember(Draft("No coffee.")).id
    recall(Query("tea", limit=1))
    recall(Query("tea", limit=2))
    assert touched.fold() == 2
    assert dict(Memory.objects.values_list("id", "recalls")) == {tea: 2, coffee: 1}
    assert Memory.objects.get(pk=tea).recalled_at is not None
    assert touched.fold() == 0


def test_another_tenants_recalls_are_not_folded_here(in_acme: Tenant, globex: Tenant) -> None:
    tea = remember(Draft("Tea at five.")).id
    touched.touch([tea])
    with tenant_context(globex):
        assert touched.fold() == 0
    assert touched.fold() == 1


def test_what_is_not_folded_yet_is_told(in_acme: Tenant) -> None:
    tea, coffee = remember(Draft("Tea at five.")).id, remember(Draft("No coffee.")).id
    touched.touch([tea]), touched.touch([tea])
    told = touched.counted([tea, coffee])
    assert list(told) == [str(tea)]
    assert told[str(tea)][0] == 2
    touched.fold()
    assert touched.counted([tea]) == {}


def test_a_recall_of_what_is_gone_is_forgotten(in_acme: Tenant) -> None:
    tea = remember(Draft("Tea at five.")).id
    touched.touch([tea])
    Memory.objects.all().delete()
    assert touched.fold() == 1


def test_without_redis_recall_answers_and_waits_for_it_once(
    in_acme: Tenant, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    remember(Draft("Tea at five."))
    settings.REDIS_URL = "redis://127.0.0.1:1"
    monkeypatch.setattr(touched, "_rests_until", 0.0)
    touched._counters.cache_clear()
    try:
        assert len(recall(Query("tea")).hits) == 1
        touched.settle()
        assert touched._rests_until > time.monotonic()
    finally:
        touched._counters.cache_clear()


def test_how_often_the_memories_of_a_list_were_recalled(in_acme: Tenant) -> None:
    tea, coffee = (remember(Draft(words, Scope("drinks"))).id for words in ("Tea at five.", "No coffee."))
    other = remember(Draft("A cat.")).id
    touched.touch([tea, coffee]), touched.touch([tea]), touched.touch([other])
    touched.fold()
    count, recalls, top = stats.recalled(Narrowing(Scope("drinks")))
    assert (count, recalls, [memory.pk for memory in top]) == (2, 3, [tea, coffee])
    assert [memory.pk for memory in stats.recalled(Narrowing(), most=1)[2]] == [tea]
