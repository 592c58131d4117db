"""Ranking: signals of candidates in, ordered scores out.

raw   = smoothed + 1.7 * (prior + named) + session + time + importance + recency
base  = cosine + 1.4 * lexical

`lexical` is BM25 with k1 = 0.9 and b = 0 over the query's lexemes, divided by its greatest possible value, so in
[0, 1] (Robertson and Zaragoza, 2009; idf as in Lucene). `smoothed` adds neighbours in the same conversation, for an
answer stands next to what was asked; `session` lifts conversations that match as a whole; `time` what lies near the
time that the question names. Of what sums up others that may answer themselves, every part counts 0.4: more of it
would push its sources out. The weights were tuned on conversations with marked evidence; what each is worth is
printed by benchmarks/quality.py.

Signals are columns, one array each: a thousand candidates are ranked in about a millisecond.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

K1 = 0.9
LEXICAL = 1.4
NEIGHBOURS = {-1: 0.3, -2: 0.2, 1: 0.1, 2: 0.1}  # weight of the memory that many places later
SPREAD = 1 + sum(NEIGHBOURS.values())
NAMED, QUESTION, LENGTH = 0.08, -0.05, 0.02
OF_MADE = 0.4  # what sums up others stands behind them while they answer themselves: at 0.5 it cost recall
SESSION, SESSION_BEST = 0.5, 3
TIME, TIME_FALL_DAYS = 0.5, 7.0
IMPORTANCE, RECENCY, RECENCY_HALF_LIFE_DAYS = 0.1, 0.05, 30.0
PARTS = ("semantic", "lexical", "neighbours", "prior", "named", "session", "time", "importance", "recency")
PLACES = 1 << 32  # more than there are places in a session


@dataclass(frozen=True)
class Signals:
    """What is known of n memories before ranking; `blank` makes columns that say nothing.

    `cosine` is in [-1, 1], 0 for a memory without a vector. `frequencies`, shape (n, lexemes), is how often each says
    each lexeme of the question. `session` numbers the conversations, -1 outside of one; `position` is the place in it.
    `named`: it is by or about the person whom the question names. `made`: it sums up others, which may answer for
    themselves. `outside_days`: from the time that the question names, infinite when it names none.
    """

    keys: Sequence[Any]
    cosine: np.ndarray
    frequencies: np.ndarray
    session: np.ndarray
    position: np.ndarray
    named: np.ndarray
    question: np.ndarray
    made: np.ndarray
    words: np.ndarray
    importance: np.ndarray
    age_days: np.ndarray
    outside_days: np.ndarray


def blank(keys: Sequence[Any], lexemes: int = 0, **columns: Any) -> Signals:
    """Signals of which only the given columns say something."""
    n = len(keys)
    silent: dict[str, Any] = {
        "cosine": np.zeros(n),
        "frequencies": np.zeros((n, lexemes)),
        "session": np.full(n, -1),
        "position": np.zeros(n, dtype=np.int64),
        "named": np.zeros(n, dtype=bool),
        "question": np.zeros(n, dtype=bool),
        "made": np.zeros(n),
        "words": np.zeros(n),
        "importance": np.full(n, 0.5),
        "age_days": np.zeros(n),
        "outside_days": np.full(n, np.inf),
    }
    return Signals(keys, **silent | {name: np.asarray(column) for name, column in columns.items()})


@dataclass(frozen=True)
class Scored:
    key: Any
    score: float  # [0, 1]
    parts: dict[str, float] = field(default_factory=dict)


def idf(scope_size: int, document_frequencies: Sequence[float] | np.ndarray) -> np.ndarray:
    """Inverse document frequency per lexeme: ln(1 + (N - df + .5) / (df + .5)); a lexeme nobody says weighs 0."""
    df = np.asarray(document_frequencies, dtype=float)
    return np.where(df > 0, np.log1p((max(scope_size, 1) - df + 0.5).clip(0.5) / (df + 0.5)), 0.0)


def lexical(frequencies: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Normalised BM25 per row of frequencies, in [0, 1]."""
    most = weights.sum() * (K1 + 1)
    if most <= 0:
        return np.zeros(len(frequencies))
    return (frequencies * (K1 + 1) / (frequencies + K1)) @ weights / most


def rank(
    signals: Signals, weights: np.ndarray, limit: int | None = None, factors: Mapping[str, float] | None = None
) -> list[Scored]:
    """The best `limit` of the memories (all when None), best first; equals in the order given.

    `weights` is `idf` of the question's lexemes, in the order of `frequencies`' columns. `factors` multiply
    parts of the score, by their names in PARTS; what is not named counts as it is.
    """
    if not len(signals.keys):
        return []
    counted = share(signals.made)
    parts = {name: counted * part for name, part in _parts(signals, weights).items()}
    for name, factor in (factors or {}).items():
        parts[name] = factor * parts[name]
    raw = np.sum(list(parts.values()), axis=0)
    order = np.argsort(-raw, kind="stable")[:limit]
    return [
        Scored(signals.keys[i], to_unit(raw[i]), {name: round(float(part[i]), 4) for name, part in parts.items()})
        for i in order
    ]


def _parts(signals: Signals, weights: np.ndarray) -> dict[str, np.ndarray]:
    words = LEXICAL * lexical(signals.frequencies, weights)
    base = signals.cosine + words
    neighbours = smooth(signals.session, signals.position, base) - base
    prior = SPREAD * (QUESTION * signals.question + LENGTH * np.log1p(signals.words))
    named = SPREAD * NAMED * signals.named
    return {
        "semantic": signals.cosine,
        "lexical": words,
        "neighbours": neighbours,
        "prior": prior,
        "named": named,
        "session": session_boost(signals.session, base + neighbours + prior + named),
        "time": TIME * np.exp(-signals.outside_days / TIME_FALL_DAYS),
        "importance": IMPORTANCE * signals.importance,
        "recency": RECENCY * np.exp2(-signals.age_days.clip(0) / RECENCY_HALF_LIFE_DAYS),
    }


def share(made: np.ndarray) -> np.ndarray:
    """What each memory's score counts for."""
    return np.where(made > 0, OF_MADE, 1.0)


def to_unit(raw: float) -> float:
    """Map a raw score to [0, 1), monotonic: raw / (1 + raw), and 0 for what counts against."""
    return round(float(max(raw, 0.0) / (1.0 + max(raw, 0.0))), 6)


def smooth(session: np.ndarray, position: np.ndarray, base: np.ndarray) -> np.ndarray:
    """Each base plus its neighbours' in the conversation; a missing neighbour counts as the memory itself."""
    place = session * PLACES + position
    order = np.argsort(place, kind="stable")
    in_order = place[order]
    total = base.copy()
    for step, weight in NEIGHBOURS.items():
        found = np.searchsorted(in_order, place + step).clip(max=len(place) - 1)
        there = (in_order[found] == place + step) & (session >= 0)
        total += weight * np.where(there, base[order[found]], base)
    return total


def session_boost(session: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """For each memory of a conversation, the mean of the conversation's three best scores, weighted."""
    boost = np.zeros(len(scores))
    order = np.lexsort((-scores, session))
    order = order[session[order] >= 0]
    if not len(order):
        return boost
    _, starts, members, counts = np.unique(session[order], return_index=True, return_inverse=True, return_counts=True)
    best = np.arange(len(order)) - starts[members] < SESSION_BEST
    sums = np.bincount(members[best], weights=scores[order[best]])
    boost[order] = (SESSION * sums / np.minimum(counts, SESSION_BEST))[members]
    return boost
