"""The hot tier: fast where it is right, and never wrong."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django_tenants.utils import tenant_context
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events import relay
from memory.models import Memory
from memory.remember import remember
from memory.revise import erase
from memory.tiers import cold, hot
from memory.types import Draft
from tenants.models import Tenant

TEXT = "Only for those who ask."


@pytest.fixture(autouse=True)
def awake() -> Iterator[None]:
    hot._rests_until = 0.0
    yield
    hot._redis.cache_clear()
    hot._rests_until = 0.0


def one(version: int = 1, content: str = TEXT) -> Memory:
    return Memory(version=version, content=content)


def again(memory: Memory, version: int, content: str = "") -> Memory:
    return Memory(pk=memory.pk, version=version, content=content)


def test_what_is_put_is_found_in_its_version_only(in_acme: Tenant) -> None:
    memory = one()
    hot.put(memory)
    assert hot.get_many([memory]) == {memory.pk: TEXT}
    assert hot.get_many([again(memory, 2)]) == {}


def test_a_slow_reader_cannot_bring_an_older_version_back(in_acme: Tenant) -> None:
    memory = one(version=2, content="new")
    hot.put(memory)
    hot.put(again(memory, 1, "old"))
    assert hot.get_many([memory]) == {memory.pk: "new"}


def test_what_was_deleted_is_not_put_again(in_acme: Tenant) -> None:
    memory = one(version=1)
    hot.put(memory)
    hot.tombstone(in_acme.id, [(str(memory.pk), 2)])
    hot.put(memory)
    hot.put(again(memory, 2, TEXT))
    assert hot.get_many([memory]) == hot.get_many([again(memory, 2)]) == {}
    hot.put(again(memory, 3, "said anew"))
    assert hot.get_many([again(memory, 3)]) == {memory.pk: "said anew"}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["put", "delete"]), st.integers(1, 6)), max_size=12))
def test_in_any_order_the_newest_word_stands(in_acme: Tenant, acts: list[tuple[str, int]]) -> None:
    memory = one()
    newest = 0
    gone: set[int] = set()
    for act, version in acts:
        if act == "put":
            hot.put(again(memory, version, f"v{version}"))
            newest = max(newest, version) if version not in gone else newest
        else:
            hot.tombstone(in_acme.id, [(str(memory.pk), version)])
            if version >= newest:
                gone.add(version)
            newest = max(newest, version)
    held = {v: c for v in range(1, 7) for c in hot.get_many([again(memory, v)]).values()}
    assert held == ({newest: f"v{newest}"} if newest and newest not in gone else {})


def test_redis_holds_no_plain_text_and_lets_all_go(in_acme: Tenant) -> None:
    memory = one()
    hot.put(memory)
    key = hot._key(in_acme.id, memory.pk)
    assert TEXT.encode() not in b"".join(hot._redis().hvals(key))
    assert 0 < hot._redis().ttl(key) <= 3600
    hot.tombstone(in_acme.id, [(str(memory.pk), 1)])
    assert 0 < hot._redis().ttl(key) <= 3600


def test_a_copy_of_one_tenant_is_nothing_to_another(acme: Tenant, globex: Tenant) -> None:
    memory = one()
    with tenant_context(acme):
        hot.put(memory)
    entry = hot._redis().hgetall(hot._key(acme.id, memory.pk))
    hot._redis().hset(hot._key(globex.id, memory.pk), mapping=entry)
    with tenant_context(globex):
        assert hot.get_many([memory]) == {}


def test_facts_take_copies_away(in_acme: Tenant, django_capture_on_commit_callbacks: Any) -> None:
    made = remember(Draft(TEXT)).id
    cold.archive(made)
    row = Memory.objects.get(pk=made)
    cold.fill([row])
    assert hot.get_many([row]) == {made: TEXT}
    erase(made)
    with django_capture_on_commit_callbacks(execute=True):
        relay.relay_batch(in_acme.id)
    assert hot.get_many([row]) == {}


@pytest.mark.usefixtures("committed")
def test_of_many_who_miss_one_fetches(acme: Tenant) -> None:
    memory, fetched = one(), []

    def fetch() -> str:
        fetched.append(1)
        time.sleep(0.05)
        return TEXT

    def ask(_: int) -> str:
        try:
            with tenant_context(acme):
                return hot.once(memory, fetch)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(8))) == {TEXT}
    assert len(fetched) == 1


def test_without_redis_content_comes_from_its_object(in_acme: Tenant, settings: Any) -> None:
    made = remember(Draft(TEXT)).id
    cold.archive(made)
    settings.REDIS_URL = "redis://127.0.0.1:9"
    hot._redis.cache_clear()
    began = time.monotonic()
    for _ in range(20):
        assert cold.told(Memory.objects.get(pk=made)).content == TEXT
    assert time.monotonic() - began < 2
