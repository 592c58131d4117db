"""The read path in large scopes: the right answers, from an index, by few statements."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from django.db import connection
from django.utils import timezone

from memory import candidates, embeddings
from memory.errors import BadVector, EmbedderUnavailable
from memory.models import Memory, Passage, Version
from memory.recall import recall
from memory.remember import remember, remember_many
from memory.types import Draft, Query, Scope
from memory.upkeep import embed
from tenants.models import Tenant
from tests.conftest import costs

DIMENSION = 384


@pytest.fixture
def chance() -> np.random.Generator:
    return np.random.default_rng(7)


def fill(chance: np.random.Generator, user: str, count: int) -> None:
    """Memories with vectors by chance; ten in a session."""
    model, now = embeddings.current().name, timezone.now()
    vectors = chance.normal(size=(count, DIMENSION))
    Memory.objects.bulk_create(
        Memory(
            content=f"note {n} of {user}", user_id=user, session_id=f"s{n // 10}", position=n % 10,
            fingerprint=f"{user} {n}", content_hash="", event_time=now, embedding=vector.tolist(), embedding_model=model,
        )
        for n, vector in enumerate(vectors)
    )  # fmt: skip


def settle() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE memory_memory")


def nearest(user: str, vector: np.ndarray) -> list[UUID]:
    """The ten nearest, by arithmetic."""
    rows = Memory.objects.live().scoped(Scope(user_id=user)).exclude(embedding=None)
    told = [(key, np.array(v)) for key, v in rows.values_list("id", "embedding")]
    near = sorted(told, key=lambda row: -float(row[1] @ vector / np.linalg.norm(row[1])))
    return [key for key, _ in near[:10]]


def candidates_of(user: str, vector: np.ndarray) -> set[UUID]:
    from memory import narrowing
    from memory.recall import _asked

    query, now = Query(vector=tuple(vector.tolist()), scope=Scope(user_id=user)), timezone.now()
    (rows,) = narrowing.asked_of(query, now)
    return set(candidates.gather(rows, _asked(query, now)).signals.keys)


@pytest.fixture
def crowd(in_acme: Tenant, chance: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Users of 50, 10, 1 and 0.1 % of a tenant, all of them too large to be taken whole."""
    monkeypatch.setattr(candidates, "WHOLE", 1)
    monkeypatch.setattr(candidates, "STAGE", 10)
    for user, count in (("half", 1000), ("tenth", 200), ("hundredth", 20), ("thousandth", 2), ("rest", 778)):
        fill(chance, user, count)
    settle()


@pytest.mark.usefixtures("crowd")
@pytest.mark.parametrize("user", ["", "half", "tenth", "hundredth", "thousandth"])
def test_the_nearest_are_found_in_a_scope_of_any_share(chance: np.random.Generator, user: str) -> None:
    for vector in chance.normal(size=(5, DIMENSION)):
        assert set(nearest(user, vector)) <= candidates_of(user, vector)


@pytest.mark.usefixtures("crowd")
def test_the_nearest_are_found_after_most_was_deleted(chance: np.random.Generator) -> None:
    keys = list(Memory.objects.order_by("id").values_list("id", flat=True))
    Memory.objects.filter(pk__in=[key for n, key in enumerate(keys) if n % 10]).update(state=Memory.State.DELETED)
    for user in ("", "half", "tenth"):
        vector = chance.normal(size=DIMENSION)
        assert set(nearest(user, vector)) <= candidates_of(user, vector)


@pytest.mark.usefixtures("crowd")
def test_of_a_large_scope_the_nearest_come_from_the_index_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    plans = []
    told = candidates._Asking._one

    def explained(self: object, sql: str, params: object) -> object:
        if "near AS" in sql:
            self.cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
            plans.append(json.dumps(self.cursor.fetchone()[0]))
        return told(self, sql, params)

    monkeypatch.setattr(candidates._Asking, "_one", explained)
    recall(Query("note", Scope(user_id="tenth")))
    assert '"Index Name": "memory_near"' in plans[0]
    assert '"Index Name": "memory_session_place"' in plans[0]


@pytest.mark.usefixtures("crowd")
def test_a_large_scope_costs_a_known_number_of_statements() -> None:
    with costs(6):  # stems and size, size, shares, heard, signals, bodies
        recall(Query("which note", Scope(user_id="half")))


@pytest.mark.usefixtures("crowd")
def test_a_rare_word_is_found_in_a_large_scope() -> None:
    kept = remember(Draft("The password of the vault is heliotrope.", Scope(user_id="half"))).id
    assert recall(Query("What is heliotrope?", Scope(user_id="half"))).hits[0].memory.pk == kept


def test_a_word_said_more_often_counts_as_often(in_acme: Tenant) -> None:
    from memory import narrowing
    from memory.recall import _asked

    remember_many([Draft("tea " * n, Scope(user_id=f"u{n}")) for n in (1, 2, 3, 20, 200)] + [Draft("milk")])
    query, now = Query("tea"), timezone.now()
    (rows,) = narrowing.asked_of(query, now)
    told = candidates.gather(rows, _asked(query, now)).signals
    assert sorted(told.frequencies[:, 0].tolist()) == [0, 1, 2, 3, 20, 200]


def test_a_long_memory_is_found_by_its_later_passages(in_acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    long, short = remember(Draft("A long report.")).id, remember(Draft("A short note.")).id
    embed.pending()
    embedder = embeddings.current()
    vector = embedder.embed(["The harvest failed in the north."])[0].tolist()
    Passage.objects.create(memory_id=long, number=1, start=0, end=1, embedding=vector, embedding_model=embedder.name)
    Memory.objects.filter(pk=long).update(passages=1)
    for whole in (1_000, 0):
        monkeypatch.setattr(candidates, "WHOLE", whole)
        hits = {hit.memory.pk: hit for hit in recall(Query("The harvest failed in the north.")).hits}
        assert hits[long].parts["semantic"] == pytest.approx(1, abs=0.01)
        assert hits[short].parts["semantic"] < 0.5


def test_vectors_of_another_model_and_dimension_are_not_compared(
    in_acme: Tenant, chance: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(chance, "half", 20)
    Memory.objects.filter(position__lt=5).update(embedding=[1.0, 2.0], embedding_model="other")
    for whole in (1_000, 0):
        monkeypatch.setattr(candidates, "WHOLE", whole)
        hits = recall(Query("note", Scope(user_id="half"), limit=50)).hits
        assert {hit.parts["semantic"] for hit in hits if hit.memory.position < 5} <= {0.0}


def test_a_large_vector_is_stored_beside_the_index(in_acme: Tenant) -> None:
    Memory.objects.create(content="x", fingerprint="x", embedding=[0.5] * 1536, embedding_model="large")
    Memory.objects.create(
        content="y", fingerprint="y", embedding=[0.5] * 384, embedding_model="m" * 100,
        user_id="🦊" * 255, namespace="🦊" * 255,
    )  # fmt: skip


def test_what_was_believed_then_is_found_as_it_was(in_acme: Tenant) -> None:
    now = timezone.now()
    key = remember(Draft("Ada lives in Rome.")).id
    Memory.objects.filter(pk=key).update(created_at=now - timedelta(days=9), valid_from=None)
    memory = Memory.objects.get(pk=key)
    fields = {f.name: getattr(memory, f.name) for f in Version._meta.concrete_fields if hasattr(memory, f.name)}
    told = {name: value for name, value in fields.items() if name not in ("id", "memory", "search")}
    Version.objects.create(
        **told | {"content": "Ada lives in Bonn."}, memory=memory, since=now - timedelta(days=9), until=now
    )
    asked = Query("Where does Ada live?", as_of=now - timedelta(days=5))
    assert [hit.memory.content for hit in recall(asked).hits] == ["Ada lives in Bonn."]
    assert [hit.memory.content for hit in recall(Query("Where does Ada live?")).hits] == ["Ada lives in Rome."]
    assert recall(Query("Where does Ada live?", as_of=now - timedelta(days=20))).hits == ()


NOTES = [
    Draft("Tea is in the tin.", Scope(namespace="kitchen"), tags=("tea", "tin"), people=("Ünal",)),
    Draft("The tea tin is empty.", Scope(namespace="kitchen"), tags=("tea",), people=("Ben",)),
    Draft("My bicycle has a flat tyre.", Scope(namespace="garage"), tags=("bike",)),
]


@pytest.fixture
def notes(in_acme: Tenant) -> list[UUID]:
    keys = [outcome.id for outcome in remember_many(NOTES)]
    embed.pending()
    return [key for key in keys if key]


def found(**asked: Any) -> list[UUID]:
    return [hit.memory.pk for hit in recall(Query(**asked)).hits]


def test_what_is_near_a_memory_is_found_without_itself(notes: list[UUID]) -> None:
    assert found(like=notes[0]) == [notes[1], notes[2]]


def test_what_is_near_a_vector_is_found(notes: list[UUID]) -> None:
    vector = embeddings.current().embed(["a flat tyre"])[0]
    assert found(vector=tuple((vector * 1e-4).tolist()))[0] == notes[2]
    assert found(vector=tuple((vector * 1e4).tolist()))[0] == notes[2]


@pytest.mark.parametrize("vector", [(1.0, 2.0), (0.0,) * 384, (float("nan"),) * 384, (float("inf"),) * 384, ()])
def test_a_vector_that_cannot_be_is_refused(notes: list[UUID], vector: tuple[float, ...]) -> None:
    with pytest.raises(BadVector):
        recall(Query(vector=vector))


def test_nothing_asked_finds_the_newest_first(notes: list[UUID]) -> None:
    assert found() == notes[::-1]


@pytest.mark.parametrize(
    ("asked", "places"),
    [
        ({"tags": ("tin", "bike")}, {0, 2}),
        ({"tags": ("tea", "tin"), "all_tags": True}, {0}),
        ({"people": ("ÜNAL", "ben")}, {0, 1}),
        ({"namespaces": ("garage", "attic")}, {2}),
        ({"min_score": 0.99}, set()),
    ],
)
def test_a_finder_narrows(notes: list[UUID], asked: dict[str, Any], places: set[int]) -> None:
    assert set(found(text="tea", **asked)) == {notes[place] for place in places}


def test_validity_decides_what_is_found(notes: list[UUID]) -> None:
    now = timezone.now()
    over, coming = {"valid_to": now - timedelta(days=1)}, {"valid_from": now + timedelta(days=1)}
    Memory.objects.filter(pk=notes[0]).update(**over, state=Memory.State.SUPERSEDED)
    Memory.objects.filter(pk=notes[1]).update(**coming)
    assert set(found(text="tea")) == {notes[2]}
    assert notes[0] in found(text="tea", valid_at=now - timedelta(days=2))
    assert notes[1] in found(text="tea", valid_at=now + timedelta(days=2))


def test_a_question_in_another_language_is_stemmed_by_it(in_acme: Tenant) -> None:
    key = remember(Draft("Die Häuser sind alt.", language="de")).id
    hit = recall(Query("Welches Haus?", language="de")).hits[0]
    assert hit.memory.pk == key
    assert hit.parts["lexical"] > 0


def test_without_an_embedder_words_alone_decide(notes: list[UUID], monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(texts: list[str]) -> np.ndarray:
        raise EmbedderUnavailable

    monkeypatch.setattr(embeddings.current(), "embed", silent)
    answer = recall(Query("bicycle"))
    assert answer.degraded == ("semantic",)
    assert answer.hits[0].memory.pk == notes[2]


def test_the_answer_says_whether_there_is_more(notes: list[UUID]) -> None:
    assert recall(Query("tea", limit=2)).truncated
    assert not recall(Query("tea", limit=3)).truncated


def test_an_importance_of_nearly_nothing_is_a_number_too(in_acme: Tenant) -> None:
    made = remember(Draft("Ada drinks tea.", importance=5e-324)).id
    assert [hit.memory.pk for hit in recall(Query("tea")).hits] == [made]
