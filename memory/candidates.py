"""Which memories may answer a question, with the signals that ranking reads of them.

A small scope is taken whole. Of a large one: the nearest by vector, the best by rare words, and who stands beside them
in their session. All statements of a question go through one cursor, since each cursor sets the search path anew.
"""
# ruff: noqa: S608  what is put together are our own words and Django's; values are bound

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
from django.conf import settings
from django.core.exceptions import EmptyResultSet, FullResultSet
from django.db import connection

from memory import nearest, signals
from memory.algorithms import ranking, temporal
from memory.models import Memory
from memory.models.said import SaidQuerySet
from memory.stages import Watch

WHOLE = 1_000  # up to this many memories a scope is ranked whole
STAGE = 100  # candidates by vector, and as many by words, of a larger scope
COMMON = 0.02  # of a larger scope: words said by more than this share bring cost and no signal
SAMPLE = 200  # of the newest memories, and as many of the oldest, tell how common words are in a larger scope
HEARD = 2_000  # memories that say a rare word are looked at up to here
PLACES = 2  # neighbours on each side of a candidate in its session
LEXEMES = 64  # of a question's words the longest are looked for


@dataclass(frozen=True)
class Asked:
    """What is asked, as the database needs it. Only rows of the same model are compared with the vector.

    `config` is the text search configuration of the question; `vector` waits for the vector, which may still be in
    the making, and gives None when there is nothing to compare.
    """

    text: str
    config: str
    model: str
    vector: Callable[[], list[float] | None]
    now: datetime
    when: temporal.When
    user_id: str = ""  # the one user whose memories may answer; empty: anybody's
    watch: Watch = field(default_factory=Watch)


@dataclass(frozen=True)
class Gathered:
    signals: ranking.Signals
    weights: np.ndarray  # of the question's lexemes, see ranking.idf
    truncated: bool  # the scope holds more than was scored


def gather(scope: SaidQuerySet[Any], asked: Asked) -> Gathered:
    """The candidates of a scope."""
    with connection.cursor() as cursor:
        return _Asking(cursor, scope, asked).gather()


class _Asking:
    """One question put to one scope. `sql` is the scope's FROM and WHERE, `params` its values."""

    def __init__(self, cursor: Any, scope: SaidQuerySet[Any], asked: Asked) -> None:
        self.cursor, self.asked = cursor, asked
        self.table = scope.model._meta.db_table
        where, self.params = _where(scope)
        self.sql = f"FROM {self.table} WHERE {where}"
        self.lexemes: list[str] = []

    @cached_property
    def vector(self) -> str:
        """The question's vector as PostgreSQL reads it; empty when there is none."""
        told = self.asked.vector()
        return "" if told is None else _literal(told)

    def gather(self) -> Gathered:
        lap = self.asked.watch.lap
        self.lexemes, few = self._lexemes_and_size()
        lap("scope", few if few <= WHOLE else None)
        if few <= WHOLE:
            self._wait()
            found = self._signals(self.sql, self.params)
            lap("signals", len(found.keys))
            told = found.frequencies[found.made == 0]  # what a summary says was said already
            return Gathered(found, ranking.idf(len(told), (told > 0).sum(axis=0)), truncated=False)
        size, share = self._statistics()
        rare = _rare(share)
        heard = self._heard([self.lexemes[i] for i in rare])
        said = share * size
        said[rare] = (heard["ranks"][heard["made"] == 0] > 0).sum(axis=0)
        weights = ranking.idf(size, said)
        best = _best(heard, weights[rare])
        lap("words", len(best))
        self._wait()
        found = self._around(best, size)
        lap("signals", len(found.keys))
        return Gathered(found, weights, truncated=True)

    def _wait(self) -> None:
        """For the question's vector, so that this is told apart from what the database takes."""
        _ = self.vector
        self.asked.watch.lap("vector")

    def _one(self, sql: str, params: Sequence[Any]) -> Any:
        self.cursor.execute(sql, params)
        return self.cursor.fetchone()

    def _lexemes_and_size(self) -> tuple[list[str], int]:
        """The stems of the question's words, stop words gone, and the scope's size, counted to WHOLE and one."""
        lexemes, size = self._one(
            "SELECT tsvector_to_array(to_tsvector(%s::regconfig, %s)),"
            f" (SELECT count(*) FROM (SELECT {self.sql} LIMIT {WHOLE + 1}) counted)",
            (self.asked.config, self.asked.text, *self.params),
        )
        return sorted(lexemes, key=len, reverse=True)[:LEXEMES], size

    def _statistics(self) -> tuple[int, np.ndarray]:
        """About how many memories the scope has, as the planner thinks, and which share of them says each lexeme."""
        (plan,) = self._one(f"EXPLAIN (FORMAT JSON) SELECT {self.sql}", self.params)
        plan = json.loads(plan) if isinstance(plan, str) else plan
        size = max(int(plan[0]["Plan"]["Plan Rows"]), WHOLE)
        if not self.lexemes:
            return size, np.zeros(0)
        # The order of memory_scope for one user, of the primary key for all.
        order = "ORDER BY user_id {0}, namespace {0}, id {1}" if self.asked.user_id else "ORDER BY id {1}"
        half = f"(SELECT search {self.sql} {{}} LIMIT {SAMPLE})"
        counts = ", ".join(["count(*) FILTER (WHERE search @@ %s::tsquery)"] * len(self.lexemes))
        *said, sampled = self._one(
            f"SELECT {counts}, count(*) FROM ({half.format(order.format('ASC', 'DESC'))}"
            f" UNION ALL {half.format(order.format('DESC', 'ASC'))}) sampled",
            (*(signals.either([lexeme]) for lexeme in self.lexemes), *self.params, *self.params),
        )
        return size, np.array(said, dtype=float) / max(sampled, 1)

    def _heard(self, lexemes: Sequence[str]) -> np.ndarray:
        """Records of those who say one of these lexemes: `id`, `made` as in ranking.Signals, and `ranks` by lexeme."""
        kind = np.dtype([("id", "V16"), ("made", ">i4"), ("ranks", ">f4", (len(lexemes),))])
        if not lexemes:
            return np.zeros(0, kind)
        made, ranks = signals.made(self.table), " || ".join([signals.RANK] * len(lexemes))
        (packed,) = self._one(
            f"SELECT string_agg(uuid_send(id) || int4send(made) || {ranks}, ''::bytea) FROM (SELECT {self.table}.id,"
            f" {made} AS made, search {self.sql} AND search @@ %s::tsquery LIMIT {HEARD}) heard",
            (*(signals.either([lexeme]) for lexeme in lexemes), *self.params, signals.either(lexemes)),
        )
        return np.frombuffer(packed or b"", kind)

    def _around(self, heard: list[Any], size: int) -> ranking.Signals:
        """Signals of the nearest by vector, of those who were heard, and of who stands beside them."""
        near, params = self._near(size)
        chosen = (
            f"WITH near AS MATERIALIZED ({near}),"
            " chosen AS MATERIALIZED (SELECT id FROM near UNION SELECT unnest(%s::uuid[])),"
            " wide AS MATERIALIZED (SELECT id FROM chosen UNION"
            # By LATERAL and OFFSET 0, so that each is looked up: the planner would rather read the whole table.
            f" SELECT b.id FROM chosen JOIN {self.table} c USING (id), LATERAL (SELECT m.id FROM {self.table} m"
            " WHERE m.session_id = c.session_id AND m.session_id <> '' AND m.user_id = c.user_id"
            f" AND m.namespace = c.namespace AND m.position BETWEEN c.position - {PLACES} AND c.position + {PLACES}"
            " OFFSET 0) b)"
        )
        sql = f"{self.sql} AND {self.table}.id IN (SELECT id FROM wide)"
        return self._signals(sql, self.params, chosen, (*params, heard))

    def _near(self, size: int) -> nearest.Statement:
        """The ids of the nearest by vector."""
        if not self.vector:
            return "SELECT NULL::uuid AS id WHERE FALSE", ()
        dimensions = len(self.asked.vector() or ())
        asked = self.asked
        near = nearest.Nearest(
            self.table, self.sql, self.params, asked.user_id, asked.model, self.vector, dimensions, STAGE
        )
        return near.statement(approximate=size >= settings.NEAR_INDEX_FROM > 0 and near.index_serves(self.cursor, size))

    def _signals(self, sql: str, params: Sequence[Any], before: str = "", first: Sequence[Any] = ()) -> ranking.Signals:
        """The signals of the rows of `sql`; `before` stands in front of the statement, with its own params."""
        selected, own = signals.columns(self.table, self.lexemes, self._cosine())
        told = self._one(f"{before} SELECT {selected} {sql}", (*first, *own, *params))
        return signals.unpack(told, len(self.lexemes), self.asked.text, self.asked.now, self.asked.when)

    def _cosine(self) -> tuple[str, tuple[Any, ...]]:
        """The best of the memory's own and its passages'; 0 for a row without a vector of this model."""
        if not self.vector:
            return "0", ()
        own = "WHEN embedding_model = %s THEN 1 - (embedding <=> %s::halfvec)"
        params = (self.asked.model, self.vector)
        if self.table != Memory._meta.db_table:
            return f"coalesce(CASE {own} END, 0)::float4", params
        passages = (
            "WHEN embedding_model = %s AND passages > 0 THEN greatest(1 - (embedding <=> %s::halfvec),"
            " (SELECT 1 - min(p.embedding <=> %s::halfvec) FROM memory_passage p"
            " WHERE p.memory_id = memory_memory.id AND p.embedding_model = %s))"
        )
        of_passages = (self.asked.model, self.vector, self.vector, self.asked.model)
        return f"coalesce(CASE {passages} {own} END, 0)::float4", (*of_passages, *params)


def _literal(vector: Sequence[float]) -> str:
    """A vector as PostgreSQL reads it, of unit length: what is tiny does not vanish in half precision."""
    numbers = np.asarray(vector, dtype=float)
    numbers = numbers / np.abs(numbers).max()
    return "[" + ",".join([f"{x:.5g}" for x in (numbers / np.linalg.norm(numbers)).tolist()]) + "]"


def _where(scope: SaidQuerySet[Any]) -> tuple[str, tuple[Any, ...]]:
    compiler = scope.query.get_compiler(connection=connection)
    try:
        sql, params = compiler.compile(scope.query.where)
    except EmptyResultSet:
        return "FALSE", ()
    except FullResultSet:
        return "TRUE", ()
    return sql, tuple(params)


def _rare(share: np.ndarray) -> list[int]:
    """The rarest lexemes, until together they would bring more than COMMON of the scope; the rarest one always."""
    order = np.argsort(share, kind="stable")
    within = int((np.cumsum(share[order]) <= COMMON).sum())
    return sorted(order[: max(within, 1)].tolist())


def _best(heard: np.ndarray, weights: np.ndarray) -> list[Any]:
    score = ranking.lexical(signals.frequencies(heard["ranks"]), weights) * ranking.share(heard["made"])
    order = np.argsort(-score, kind="stable")[:STAGE]
    return list(signals.Keys(heard["id"][order]))
