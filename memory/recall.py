"""The read path: candidates by meaning and by words, ranked, answered as hits.

The database says what it knows of each candidate; the ranking is pure (algorithms.ranking). A small scope is ranked
whole. A large one in two stages: the nearest by vector and the best by rare words, then their neighbours.
"""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import BooleanField, Case, IntegerField, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Length, Right, RTrim
from django.utils import timezone
from pgvector.django import CosineDistance

from memory import embeddings, filters
from memory.algorithms import ranking
from memory.models import Memory
from memory.models.memory import MemoryQuerySet
from memory.tiers import cold
from memory.types import Found, Hit, Query

WHOLE = 1_000  # up to this many memories a scope is ranked whole
STAGE = 200  # candidates by vector, and as many by words, of a larger scope
COMMON = 0.02  # of a larger scope: words said by more than this share bring cost and no signal
PLACES = 2  # neighbours on each side of a candidate in its session

Row = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """The question's vector. Only rows of the same model are compared with it; the others are found by words."""

    model: str
    vector: list[float]

    def distance(self) -> Case:
        return Case(When(embedding_model=self.model, then=CosineDistance("embedding", self.vector)))


def recall(query: Query) -> Found:
    """The memories that best answer a question. Raises BadFilter."""
    began = time.perf_counter()
    scope = Memory.objects.live().scoped(query.scope).filter(filters.to_q(query.filters))
    embedder = embeddings.current()
    vector = Asked(embedder.name, embedder.embed([query.text])[0].tolist())
    lexemes = _lexemes(query.text)
    rows, size, said = _gather(scope, vector, lexemes)
    best = ranking.rank(_candidates(rows, query.text), ranking.idf(size, said), query.limit)
    return Found(_hits(best), len(rows), round((time.perf_counter() - began) * 1000, 2))


def _gather(scope: MemoryQuerySet, vector: Asked, lexemes: list[str]) -> tuple[list[Row], int, list[int]]:
    """Rows to rank, the size of the scope, and how many of its memories say each lexeme."""
    if scope.order_by()[: WHOLE + 1].count() <= WHOLE:
        rows = _signals(scope, vector, lexemes)
        speaking = [row["frequencies"] for row in rows if row["frequencies"]]
        return rows, len(rows), [sum(1 for tf in speaking if tf[i]) for i in range(len(lexemes))]
    size = scope.order_by().count()
    said = [scope.filter(_says([lexeme])).order_by().count() for lexeme in lexemes]
    chosen = _chosen(scope, vector, _rare(lexemes, said, size))
    return _signals(scope.filter(pk__in=chosen), vector, lexemes), size, said


def _lexemes(text: str) -> list[str]:
    """The question's words as PostgreSQL's English dictionary stems them, stop words gone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tsvector_to_array(to_tsvector('english', %s))", [text])
        return cursor.fetchone()[0]


def _either(lexemes: Sequence[str]) -> str:
    """The tsquery `a | b`, each lexeme quoted."""
    return " | ".join("'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'" for lexeme in lexemes)


def _says(lexemes: Sequence[str]) -> RawSQL:
    return RawSQL('"memory_memory"."search" @@ %s::tsquery', [_either(lexemes)], output_field=BooleanField())


def _signals(rows: MemoryQuerySet, vector: Asked, lexemes: list[str]) -> list[Row]:
    """One statement: what ranking needs of each row, without its text."""
    frequencies = RawSQL(
        'CASE WHEN "memory_memory"."search" @@ %s::tsquery THEN ARRAY('
        " SELECT coalesce(cardinality(t.positions), 0) FROM unnest(%s::text[]) WITH ORDINALITY q(lexeme, n)"
        ' LEFT JOIN unnest("memory_memory"."search") t ON t.lexeme = q.lexeme ORDER BY q.n) END',
        [_either(lexemes), lexemes],
        output_field=ArrayField(IntegerField()),
    )
    told: Any = (
        rows.order_by("id").values(
            "id", "namespace", "user_id", "session_id", "position", "author", "agent_id", "people", "importance",
            "event_time", frequencies=frequencies, distance=vector.distance(),
            words=Length("search"), ending=Right(RTrim("content"), 1),
        )
    )  # fmt: skip
    return list(told)


def _rare(lexemes: list[str], said: list[int], size: int) -> list[str]:
    """The rarest lexemes that somebody says, until together they would bring more than COMMON of the scope."""
    rare: list[str] = []
    budget = size * COMMON
    for count, lexeme in sorted(zip(said, lexemes, strict=True)):
        if count == 0:
            continue
        if rare and count > budget:
            break
        rare.append(lexeme)
        budget -= count
    return rare


def _chosen(scope: MemoryQuerySet, vector: Asked, rare: list[str]) -> set[UUID]:
    """The first stage: nearest by vector, best by rare words, and who stands beside them in a session."""
    near = (
        scope.exclude(embedding=None)
        .filter(embedding_model=vector.model)
        .order_by(CosineDistance("embedding", vector.vector))
    )
    chosen = set(near.values_list("id", flat=True)[:STAGE])
    if rare:
        rank = RawSQL('ts_rank("memory_memory"."search", %s::tsquery)', [_either(rare)])
        chosen |= set(scope.filter(_says(rare)).order_by(-rank).values_list("id", flat=True)[:STAGE])
    return chosen | _beside(chosen)


def _beside(chosen: set[UUID]) -> set[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT m.id FROM memory_memory c JOIN memory_memory m ON m.session_id = c.session_id"
            " AND m.position BETWEEN c.position - %s AND c.position + %s"
            " AND m.user_id = c.user_id AND m.namespace = c.namespace"
            " WHERE c.id = ANY(%s) AND c.session_id <> ''",
            [PLACES, PLACES, list(chosen)],
        )
        return {row[0] for row in cursor.fetchall()}


def _candidates(rows: list[Row], question: str) -> list[ranking.Candidate]:
    now = timezone.now()
    name = _named(rows, question)
    return [_candidate(row, name, now) for row in rows]


def _candidate(row: Row, name: str | None, now: datetime) -> ranking.Candidate:
    in_session = row["session_id"] and row["position"] is not None
    return ranking.Candidate(
        key=row["id"],
        cosine=0.0 if row["distance"] is None else 1.0 - row["distance"],
        frequencies=row["frequencies"] or (),
        session=(row["namespace"], row["user_id"], row["session_id"]) if in_session else None,
        position=row["position"] or 0,
        named=name is not None and name in _names(row),
        question=row["ending"] == "?",
        words=row["words"] or 0,
        importance=row["importance"],
        age_days=(now - row["event_time"]).total_seconds() / 86_400,
    )


def _names(row: Row) -> set[str]:
    return {row["author"], row["agent_id"], *row["people"]} - {""}


def _named(rows: list[Row], question: str) -> str | None:
    """The one author, agent or person of these rows whom the question names; None for nobody or several."""
    words = set(re.findall(r"\w+", question.casefold()))
    everybody = set().union(*map(_names, rows)) if rows else set()
    named = [name for name in everybody if words & set(re.findall(r"\w+", name.casefold()))]
    return named[0] if len(named) == 1 else None


def _hits(ranked: list[ranking.Scored]) -> tuple[Hit, ...]:
    found = Memory.objects.light().in_bulk([scored.key for scored in ranked])
    cold.fill(found.values())
    return tuple(Hit(found[s.key], s.score, s.parts) for s in ranked if s.key in found)
