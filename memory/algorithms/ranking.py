"""Ranking: signals of candidates in, ordered scores out.

raw   = smoothed + 1.7 * (prior + named) + session + importance + recency
base  = cosine + 1.2 * lexical

`lexical` is BM25 with k1 = 1.2 and b = 0 over the query's lexemes, divided by its greatest possible value, so in
[0, 1] (Robertson and Zaragoza, 2009; idf as in Lucene). `smoothed` adds neighbours in the same conversation, for an
answer stands next to what was asked; `session` lifts conversations that match as a whole. The weights were tuned on
conversations with marked evidence; what each is worth is printed by benchmarks/quality.py.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

K1 = 1.2
LEXICAL = 1.2
NEIGHBOURS = {-1: 0.3, -2: 0.2, 1: 0.1, 2: 0.1}  # weight of the memory that many places later
SPREAD = 1 + sum(NEIGHBOURS.values())
NAMED, QUESTION, LENGTH = 0.1, -0.05, 0.02
SESSION, SESSION_BEST = 0.4, 3
IMPORTANCE, RECENCY, RECENCY_HALF_LIFE_DAYS = 0.1, 0.05, 30.0


@dataclass(frozen=True)
class Candidate:
    """What is known of one memory before ranking.

    `frequencies` holds, per query lexeme, how often the memory says it; empty when it says none. `cosine` is in
    [-1, 1], 0 for a memory that has no vector yet. `session` is any hashable, None outside a conversation.
    """

    key: Any
    cosine: float = 0.0
    frequencies: Sequence[int] = ()
    session: Any = None
    position: int = 0
    named: bool = False
    question: bool = False
    words: int = 0
    importance: float = 0.5
    age_days: float = 0.0


@dataclass(frozen=True)
class Scored:
    key: Any
    score: float  # [0, 1]
    parts: dict[str, float] = field(default_factory=dict)


def idf(scope_size: int, document_frequencies: Sequence[int]) -> np.ndarray:
    """Inverse document frequency per lexeme: ln(1 + (N - df + .5) / (df + .5)); a lexeme nobody says weighs 0."""
    df = np.asarray(document_frequencies, dtype=float)
    return np.where(df > 0, np.log1p((max(scope_size, 1) - df + 0.5).clip(0.5) / (df + 0.5)), 0.0)


def lexical(candidates: Sequence[Candidate], weights: np.ndarray) -> np.ndarray:
    """Normalised BM25 per candidate, in [0, 1]."""
    most = weights.sum() * (K1 + 1)
    if most <= 0:
        return np.zeros(len(candidates))
    silent = (0,) * len(weights)
    tf = np.array([c.frequencies or silent for c in candidates], dtype=float)
    return (tf * (K1 + 1) / (tf + K1)) @ weights / most


def rank(candidates: Sequence[Candidate], weights: np.ndarray, limit: int | None = None) -> list[Scored]:
    """The best `limit` candidates (all when None), best first.

    `weights` is `idf` of the query's lexemes, in the order of `frequencies`.
    """
    if not candidates:
        return []
    cosine = np.array([c.cosine for c in candidates])
    words = LEXICAL * lexical(candidates, weights)
    base = cosine + words
    neighbours = smooth(candidates, base) - base
    prior = SPREAD * np.array([_prior(c) for c in candidates])
    named = SPREAD * NAMED * np.array([c.named for c in candidates], dtype=float)
    session = _session_boost(candidates, base + neighbours + prior + named)
    parts = {
        "semantic": cosine,
        "lexical": words,
        "neighbours": neighbours,
        "prior": prior,
        "named": named,
        "session": session,
        "importance": IMPORTANCE * np.array([c.importance for c in candidates]),
        "recency": RECENCY * np.exp2(-np.array([max(c.age_days, 0.0) for c in candidates]) / RECENCY_HALF_LIFE_DAYS),
    }
    raw = np.sum(list(parts.values()), axis=0)
    order = np.argsort(-raw, kind="stable")[:limit]
    return [
        Scored(candidates[i].key, to_unit(raw[i]), {name: round(float(part[i]), 4) for name, part in parts.items()})
        for i in order
    ]


def to_unit(raw: float) -> float:
    """Map a raw score to [0, 1), monotonic: raw / (1 + raw), and 0 for what counts against."""
    return round(float(max(raw, 0.0) / (1.0 + max(raw, 0.0))), 6)


def smooth(candidates: Sequence[Candidate], base: np.ndarray) -> np.ndarray:
    """Each base plus its neighbours' in the conversation; a missing neighbour counts as the memory itself."""
    places = {(c.session, c.position): i for i, c in enumerate(candidates) if c.session is not None}
    total = base.copy()
    for step, weight in NEIGHBOURS.items():
        beside = [places.get((c.session, c.position + step), i) for i, c in enumerate(candidates)]
        total += weight * base[beside]
    return total


def _prior(candidate: Candidate) -> float:
    return QUESTION * candidate.question + LENGTH * math.log1p(candidate.words)


def _session_boost(candidates: Sequence[Candidate], scores: np.ndarray) -> np.ndarray:
    """For each candidate of a session, the mean of the session's three best scores, weighted."""
    members: dict[Any, list[int]] = {}
    for i, candidate in enumerate(candidates):
        if candidate.session is not None:
            members.setdefault(candidate.session, []).append(i)
    boost = np.zeros(len(candidates))
    for indexes in members.values():
        boost[indexes] = SESSION * np.sort(scores[indexes])[-SESSION_BEST:].mean()
    return boost
