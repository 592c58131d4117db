"""A large tenant gets an approximate index, questions that ask much of it use it, and it goes when it is not needed."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from django.db import connection

from memory import candidates, embeddings, nearest
from memory.models import Memory
from memory.recall import recall
from memory.types import Query, Scope
from memory.upkeep import index
from tenants.models import Tenant
from tests.memory.test_recall import candidates_of, fill, settle
from tests.memory.test_recall import nearest as by_arithmetic


@pytest.fixture
def large(
    committed: None, in_acme: Tenant, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[np.random.Generator]:
    """A tenant of 2,000 that counts as large; the index is built, and gone after the test."""
    monkeypatch.setattr(candidates, "WHOLE", 1)
    settings.NEAR_INDEX_FROM = 500
    chance = np.random.default_rng(7)
    for user, count in (("most", 1900), ("few", 100)):
        fill(chance, user, count)
    settle()
    index.run()
    yield chance
    settings.NEAR_INDEX_FROM = 0
    index.run()


def plan_of(user: str, monkeypatch: pytest.MonkeyPatch) -> str:
    plans: list[str] = []
    told = candidates._Asking._one

    def explained(self: Any, sql: str, params: Any) -> Any:
        if "near AS" in sql:
            self.cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
            plans.append(json.dumps(self.cursor.fetchone()[0]))
        return told(self, sql, params)

    with monkeypatch.context() as patch:
        patch.setattr(candidates._Asking, "_one", explained)
        recall(Query("note", Scope(user_id=user)))
    return plans[0]


def test_a_question_to_much_of_a_large_tenant_is_answered_by_its_index(
    large: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    (name,) = index._built()
    assert name == nearest.name_of(embeddings.current().name, 384)
    for user in ("", "most"):
        assert name in plan_of(user, monkeypatch)
    assert name not in plan_of("few", monkeypatch)


def test_nearly_all_of_the_nearest_are_found_by_the_index(large: np.random.Generator) -> None:
    found = []
    for vector in large.normal(size=(20, 384)):
        for user in ("", "most"):
            wanted = set(by_arithmetic(user, vector))
            found.append(len(wanted & candidates_of(user, vector)) / len(wanted))
    assert np.mean(found) >= 0.95


def test_the_nearest_are_found_by_the_index_after_most_was_deleted(large: np.random.Generator) -> None:
    keys = list(Memory.objects.order_by("id").values_list("id", flat=True))
    Memory.objects.filter(pk__in=[key for n, key in enumerate(keys) if n % 10]).update(state=Memory.State.DELETED)
    found = []
    for vector in large.normal(size=(10, 384)):
        wanted = set(by_arithmetic("", vector))
        found.append(len(wanted & candidates_of("", vector)) / len(wanted))
    assert np.mean(found) >= 0.95


def test_an_index_that_stands_is_kept_and_an_invalid_one_is_built_anew(large: np.random.Generator) -> None:
    (name,) = index._built()
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::regclass::oid", [name])
        first = cursor.fetchone()
        index.run()
        cursor.execute("SELECT %s::regclass::oid", [name])
        assert cursor.fetchone() == first
        cursor.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s::regclass", [name])
    index.run()
    assert index._built() == {name: True}


def test_a_tenant_that_shrank_or_changed_its_model_loses_the_index(large: np.random.Generator, settings: Any) -> None:
    settings.NEAR_INDEX_FROM = 3_000
    index.run()
    assert index._built()  # until half of it is gone
    Memory.objects.update(embedding_model="another")
    index.run()
    assert index._built() == {}


def test_a_small_tenant_has_none(committed: None, in_acme: Tenant) -> None:
    fill(np.random.default_rng(1), "ada", 10)
    index.run()
    assert index._built() == {}
