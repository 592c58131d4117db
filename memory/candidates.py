"""What the database knows of the memories that may answer a question, as the columns that ranking reads.

A small scope is taken whole. Of a large one: the nearest by vector, the best by rare words, and who stands beside them
in their session.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import BigIntegerField, BooleanField, Case, FloatField, IntegerField, TextField, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce, Length, Right, RTrim
from pgvector.django import CosineDistance

from memory.algorithms import ranking, temporal
from memory.models.said import SaidQuerySet

WHOLE = 1_000  # up to this many memories a scope is ranked whole
STAGE = 200  # candidates by vector, and as many by words, of a larger scope
COMMON = 0.02  # of a larger tenant: words said by more than this share bring cost and no signal
PLACES = 2  # neighbours on each side of a candidate in its session
# Its 64-bit hash is shorter to send than three names; null outside of a conversation.
CONVERSATION = RawSQL(
    "CASE WHEN session_id <> '' AND position IS NOT NULL"
    " THEN hashtextextended(concat_ws(chr(31), namespace, user_id, session_id), 0) END",
    [],
    output_field=BigIntegerField(),
)
# As a number: reading a thousand times as text takes longer than the rest of the statement.
SECONDS = RawSQL("date_part('epoch', event_time)", [], output_field=FloatField())
PEOPLE = RawSQL("nullif(people, '{}')", [], output_field=ArrayField(TextField()))
COUNTED = 2_000  # a word is counted up to this; who says it more often is known from the statistics


@dataclass(frozen=True)
class Asked:
    """What is asked, as the database needs it. Only rows of the same model are compared with the vector.

    `config` is the text search configuration of the question; `vector` is None when there is nothing to compare.
    """

    text: str
    config: str
    model: str
    vector: list[float] | None
    now: datetime
    when: temporal.When


@dataclass(frozen=True)
class Gathered:
    signals: ranking.Signals
    weights: np.ndarray  # of the question's lexemes, see ranking.idf
    truncated: bool  # the scope holds more than was scored


def gather(scope: SaidQuerySet[Any], asked: Asked) -> Gathered:
    """The candidates of a scope."""
    few, lexemes = _size(scope, asked)
    if few <= WHOLE:
        signals = _signals(scope, asked, lexemes)
        said = (signals.frequencies > 0).sum(axis=0)
        return Gathered(signals, ranking.idf(len(signals.keys), said), truncated=False)
    size, said = _statistics(lexemes)
    chosen = _chosen(scope, asked, _rare(lexemes, said, size))
    return Gathered(_signals(scope.filter(_among(chosen)), asked, lexemes), ranking.idf(size, said), truncated=True)


def _size(scope: SaidQuerySet[Any], asked: Asked) -> tuple[int, list[str]]:
    """How many memories the scope has, counted to WHOLE and one, and the stems of the question's words."""
    rows, params = scope.order_by().values("pk")[: WHOLE + 1].query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT (SELECT count(*) FROM ({rows}) s), tsvector_to_array(to_tsvector(%s::regconfig, %s))",  # noqa: S608  our own query, its values bound
            [*params, asked.config, asked.text],
        )
        return cursor.fetchone()


def _signals(rows: SaidQuerySet[Any], asked: Asked, lexemes: list[str]) -> ranking.Signals:
    """One statement: what ranking needs of each row, without its text."""
    told = rows.order_by("pk").values_list(
        "pk", CONVERSATION, Coalesce("position", 0), "author", "agent_id", PEOPLE, "importance",
        SECONDS, _cosine(asked), _frequencies(lexemes), Coalesce(Length("search"), 0),
        Right(RTrim("content"), 1),
    )  # fmt: skip
    columns = list(zip(*told, strict=True)) or [()] * 12
    keys, conversations, positions, authors, agents, people, importance, times = columns[:8]
    cosine, frequencies, words, endings = columns[8:]
    seconds = np.array(times, dtype=float)
    return ranking.Signals(
        keys=keys,
        cosine=np.array(cosine, dtype=float),
        frequencies=_matrix(frequencies, len(lexemes)),
        session=_numbered(conversations),
        position=np.array(positions, dtype=np.int64),
        named=_named(authors, agents, people, asked.text),
        question=np.array([ending == "?" for ending in endings], dtype=bool),
        words=np.array(words, dtype=float),
        importance=np.array(importance, dtype=float),
        age_days=(asked.now.timestamp() - seconds) / 86_400,
        outside_days=temporal.days_outside(asked.when, seconds),
    )


def _cosine(asked: Asked) -> Coalesce:
    """Cosine in [-1, 1]; 0 for a row without a vector of this model."""
    if asked.vector is None:
        return Coalesce(0.0, 0.0, output_field=FloatField())
    near = 1.0 - CosineDistance("embedding", asked.vector)
    return Coalesce(Case(When(embedding_model=asked.model, then=near)), 0.0, output_field=FloatField())


def _frequencies(lexemes: list[str]) -> RawSQL:
    """How often a row says each lexeme; null when it says none."""
    return RawSQL(
        "CASE WHEN search @@ %s::tsquery THEN ARRAY("
        " SELECT coalesce(cardinality(t.positions), 0) FROM unnest(%s::text[]) WITH ORDINALITY q(lexeme, n)"
        " LEFT JOIN unnest(search) t ON t.lexeme = q.lexeme ORDER BY q.n) END",
        [_either(lexemes), lexemes],
        output_field=ArrayField(IntegerField()),
    )


def _matrix(frequencies: Sequence[list[int] | None], lexemes: int) -> np.ndarray:
    silent = [0] * lexemes
    return np.array([row or silent for row in frequencies], dtype=float).reshape(len(frequencies), lexemes)


def _numbered(conversations: Sequence[int | None]) -> np.ndarray:
    """A small number for each conversation, -1 for a row outside of one."""
    numbers: dict[int | None, int] = {}
    return np.array([-1 if c is None else numbers.setdefault(c, len(numbers)) for c in conversations], dtype=np.int64)


def _named(
    authors: Sequence[str], agents: Sequence[str], people: Sequence[list[str] | None], question: str
) -> np.ndarray:
    """Which rows are by or about the one author, agent or person whom the question names; none for several."""
    words = set(re.findall(r"\w+", question.casefold()))
    everybody = {*authors, *agents, *(name for names in people if names for name in names)} - {""}
    called = [name for name in everybody if words & set(re.findall(r"\w+", name.casefold()))]
    if len(called) != 1:
        return np.zeros(len(authors), dtype=bool)
    name = called[0]
    rows = zip(authors, agents, people, strict=True)
    return np.array([name in (author, agent) or name in (others or ()) for author, agent, others in rows], dtype=bool)


def _either(lexemes: Sequence[str]) -> str:
    """The tsquery `a | b`, each lexeme quoted."""
    return " | ".join("'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'" for lexeme in lexemes)


def _says(lexemes: Sequence[str]) -> RawSQL:
    return RawSQL("search @@ %s::tsquery", [_either(lexemes)], output_field=BooleanField())


def _statistics(lexemes: list[str]) -> tuple[int, list[float]]:
    """How many memories the tenant has, about, and how many of them say each lexeme.

    What many say is in the planner's statistics; what few say is counted, which its index makes cheap.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH size AS (SELECT greatest(reltuples, 1) AS n FROM pg_class WHERE oid = 'memory_memory'::regclass),"
            " common AS (SELECT e.lexeme, e.freq FROM pg_stats s, unnest(s.most_common_elems::text::text[],"
            " s.most_common_elem_freqs) e(lexeme, freq) WHERE s.schemaname = current_schema()"
            " AND s.tablename = 'memory_memory' AND s.attname = 'search')"
            " SELECT (SELECT n FROM size), coalesce(c.freq * (SELECT n FROM size), (SELECT count(*) FROM"
            " (SELECT 1 FROM memory_memory WHERE search @@ q.quoted::tsquery LIMIT %s) r))"
            " FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY q(lexeme, quoted, n)"
            " LEFT JOIN common c ON c.lexeme = q.lexeme ORDER BY q.n",
            [COUNTED, lexemes, [_either([lexeme]) for lexeme in lexemes]],
        )
        told = cursor.fetchall()
    return (int(told[0][0]) if told else 1), [count for _, count in told]


def _rare(lexemes: list[str], said: list[float], size: int) -> list[str]:
    """The rarest lexemes that somebody says, until together they would bring more than COMMON of the tenant."""
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


def _chosen(scope: SaidQuerySet[Any], asked: Asked, rare: list[str]) -> set[UUID]:
    """The first stage: nearest by vector, best by rare words, and who stands beside them in a session."""
    chosen: set[UUID] = set()
    if asked.vector is not None:
        near = scope.filter(embedding_model=asked.model).order_by(CosineDistance("embedding", asked.vector))
        chosen |= set(near.values_list("pk", flat=True)[:STAGE])
    if rare:
        rank = RawSQL("ts_rank(search, %s::tsquery)", [_either(rare)])
        chosen |= set(scope.filter(_says(rare)).order_by(-rank).values_list("pk", flat=True)[:STAGE])
    return chosen | _beside(chosen)


def _among(chosen: set[UUID]) -> RawSQL:
    """One array: a thousand placeholders take longer to put together than the statement to run."""
    return RawSQL('"memory_memory"."id" = ANY(%s)', [list(chosen)], output_field=BooleanField())


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
