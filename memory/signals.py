"""The signals of candidates, read straight into arrays.

Each row comes as one packed record of bytes, and all of them as one value: a thousand rows of thirteen columns would
take longer to read than PostgreSQL to score.
"""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np

from memory.algorithms import ranking, temporal

# ts_rank of one word with weights of 1 is the sum of 1/k² over its k occurrences, by its limit π²/6: read backwards.
RANK = "float4send(ts_rank('{1,1,1,1}', search, %s::tsquery))"
_RANKS = np.cumsum(1 / np.arange(1, 257, dtype=float) ** 2) / (np.pi**2 / 6)
_BETWEEN = np.concatenate([[_RANKS[0] / 2], (_RANKS[1:] + _RANKS[:-1]) / 2])
CONVERSATION = (
    "CASE WHEN session_id = '' OR position IS NULL THEN 0"
    " ELSE hashtextextended(concat_ws(chr(31), namespace, user_id, session_id), 0) END"
)
PACKED = (
    f"uuid_send({{table}}.id) || int8send({CONVERSATION}) || int4send(coalesce(position, 0))"
    " || int4send(coalesce(length(search), 0)) || int4send((content LIKE '%%?')::int)"
    " || int4send({made})"
    " || float8send(importance) || float8send(date_part('epoch', event_time)) || float4send({cosine}){ranks}"
)
# Made of others by upkeep, one of which at least still answers by itself. Only of such a row the relations are read.
MADE = (
    "CASE WHEN source IN ('summarize', 'consolidate') AND EXISTS (SELECT FROM memory_relation r JOIN memory_memory s"
    " ON s.id = r.target_id AND s.state = 'active' WHERE r.source_id = memory_memory.id AND r.type = 'derived_from')"
    " THEN 1 ELSE 0 END"
)
RECORD = [
    ("id", "V16"), ("session", ">i8"), ("position", ">i4"), ("words", ">i4"), ("question", ">i4"),
    ("made", ">i4"), ("importance", ">f8"), ("event_time", ">f8"), ("cosine", ">f4"),
]  # fmt: skip
NAMES = (
    "array_agg(author), array_agg(agent_id),"
    " array_agg(CASE WHEN cardinality(people) > 0 THEN to_json(people)::text ELSE '' END)"
)


class Keys(Sequence[UUID]):
    """Ids of 16 bytes each. A UUID takes 2 µs to make: only those that are asked for are."""

    def __init__(self, ids: np.ndarray) -> None:
        self._ids = ids

    def __len__(self) -> int:
        return len(self._ids)

    def __getitem__(self, place: Any) -> Any:
        return UUID(bytes=self._ids[place].tobytes())

    def __iter__(self) -> Iterator[UUID]:
        return (self[place] for place in range(len(self)))


def columns(table: str, lexemes: Sequence[str], cosine: tuple[str, tuple[Any, ...]]) -> tuple[str, tuple[Any, ...]]:
    """What to select of rows for `unpack`, with its parameters. `cosine` is an expression with its own."""
    ranks, params = _ranks(lexemes)
    packed = PACKED.format(table=table, cosine=cosine[0], ranks=ranks, made=made(table))
    return f"string_agg({packed}, ''::bytea), {NAMES}", (*cosine[1], *params)


def made(table: str) -> str:
    """1 for what sums up others that answer themselves, else 0. What was believed in the past stands for itself."""
    return MADE if table == "memory_memory" else "0"


def _ranks(lexemes: Sequence[str]) -> tuple[str, tuple[Any, ...]]:
    if not lexemes:
        return "", ()
    said = " || ".join([RANK] * len(lexemes))
    sql = f" || CASE WHEN search @@ %s::tsquery THEN {said} ELSE %s::bytea END"
    return sql, (either(lexemes), *(either([lexeme]) for lexeme in lexemes), bytes(4 * len(lexemes)))


def unpack(told: Sequence[Any], lexemes: int, question: str, now: datetime, when: temporal.When) -> ranking.Signals:
    """The signals of what `columns` selected, for a question of so many lexemes."""
    packed, *names = told
    records = np.frombuffer(packed or b"", np.dtype([*RECORD, ("ranks", ">f4", (lexemes,))]))
    seconds = records["event_time"].astype(float)
    return ranking.Signals(
        keys=Keys(records["id"]),
        cosine=np.nan_to_num(records["cosine"].astype(float)),
        frequencies=frequencies(records["ranks"]),
        session=_numbered(records["session"]),
        position=records["position"].astype(np.int64),
        named=_named([column or () for column in names], question),
        question=records["question"].astype(float),
        made=records["made"].astype(float),
        words=records["words"].astype(float),
        importance=records["importance"].astype(float),
        age_days=(now.timestamp() - seconds) / 86_400,
        outside_days=temporal.days_outside(when, seconds),
    )


def frequencies(ranks: np.ndarray) -> np.ndarray:
    """How often each word is said, from its rank."""
    return np.searchsorted(_BETWEEN, ranks).astype(float)


def _numbered(conversations: np.ndarray) -> np.ndarray:
    """A small number for each conversation, -1 for a row outside of one."""
    numbers = np.unique(conversations, return_inverse=True)[1]
    return np.where(conversations == 0, -1, numbers)


def _named(names: list[Sequence[str]], question: str) -> np.ndarray:
    """Which rows are by or about the one author, agent or person whom the question names; none for several."""
    rows = list(zip(*names, strict=True))
    words = _words(question)
    kinds = {row: _all_of(row) for row in set(rows)}
    called = {name for several in kinds.values() for name in several if words & _words(name)}
    if len(called) != 1:
        return np.zeros(len(rows), dtype=bool)
    one = called.pop()
    return np.array([one in kinds[row] for row in rows], dtype=bool)


def _all_of(row: tuple[str, ...]) -> set[str]:
    author, agent, people = row
    return {author, agent, *(json.loads(people) if people else ())} - {""}


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold()))


def either(lexemes: Sequence[str]) -> str:
    """The tsquery `a | b`, each lexeme quoted."""
    return " | ".join("'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'" for lexeme in lexemes)
