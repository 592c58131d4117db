"""What says the same: pairs by vectors and by words, clusters of them, and which one of a cluster to keep."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from memory.algorithms import tokens

EXACT, SOFT, PARAPHRASE = 0.98, 0.85, 0.75  # HippocampAI's levels
BLOCK = 512  # rows compared at once
MATES = 50  # pairs of one text with others: many copies of one text still hang together by them
LOOKED_UP = 200  # texts met by one rare word
TRUSTED = 0.2  # a difference of confidence that decides

Pairs = dict[tuple[int, int], float]


@dataclass(frozen=True)
class Standing:
    """What decides which of several alike is kept; `key` settles what nothing else does."""

    confidence: float
    said: datetime
    recalls: int
    key: str


def level(score: float, soft: float = SOFT) -> str:
    """exact, soft or paraphrase; empty for what is less alike. A `soft` below PARAPHRASE takes its place."""
    if score >= EXACT:
        return "exact"
    return "soft" if score >= soft else "paraphrase" if score >= min(PARAPHRASE, soft) else ""


def alike(vectors: np.ndarray, texts: Sequence[str], least: float) -> tuple[Pairs, list[float]]:
    """Pairs (i, j), i < j, at least so much alike, and of each text how much the nearest other one is, 0 to 1.

    `vectors` has a row a text, of length 1 or, where there is none, 0. Every two are compared. What two are alike is
    the greater of their cosine and of the share of words that they have in common (Jaccard).
    """
    pairs, nearest = _by_vectors(vectors, least)
    for pair, score in by_words([tokens.words(text) for text in texts], least).items():
        pairs[pair] = max(score, pairs.get(pair, 0.0))
    for (i, j), score in pairs.items():
        nearest[i], nearest[j] = max(nearest[i], score), max(nearest[j], score)
    return dict(sorted(pairs.items())), nearest


def _by_vectors(vectors: np.ndarray, least: float) -> tuple[Pairs, list[float]]:
    pairs: Pairs = {}
    nearest: list[float] = []
    for first in range(0, len(vectors), BLOCK):
        block = vectors[first : first + BLOCK]
        scores = np.clip(block @ vectors.T, 0.0, 1.0)
        own = np.arange(len(block))
        scores[own, first + own] = 0.0
        nearest += [round(float(score), 4) for score in scores.max(axis=1)]
        for row in np.flatnonzero(scores.max(axis=1) >= least - 5e-5):
            pairs |= _of_row(first + int(row), scores[row], least)
    return pairs, nearest


def _of_row(row: int, scores: np.ndarray, least: float) -> Pairs:
    """The pairs of one text with later ones, those that are most alike."""
    told = np.round(scores[row + 1 :].astype(float), 4)
    later = np.flatnonzero(told >= least)
    chosen = later[np.argsort(-told[later], kind="stable")[:MATES]]
    return {(row, row + 1 + int(at)): float(told[at]) for at in chosen}


def by_words(texts: Sequence[Sequence[str]], least: float) -> Pairs:
    """Pairs whose words are the same to that share, without comparing every two.

    Two sets that share so much share one of the rarest words of each: only these are looked up. Nothing is missed but
    where more than LOOKED_UP texts have the same rare word.
    """
    seen: defaultdict[str, int] = defaultdict(int)
    for text in texts:
        for word in set(text):
            seen[word] += 1
    sets = [sorted(set(text), key=lambda word: (seen[word], word)) for text in texts]
    places: defaultdict[str, list[int]] = defaultdict(list)
    pairs: Pairs = {}
    for at, own in enumerate(sets):
        rare = own[: len(own) - int(np.ceil(least * len(own) - 1e-9)) + 1]
        met = {other for word in rare for other in places[word][-LOOKED_UP:]}
        shares = sorted((-jaccard(sets[other], own), other) for other in met)[:MATES]
        pairs |= {(other, at): round(-share, 4) for share, other in shares if -share >= least}
        for word in rare:
            places[word].append(at)
    return pairs


def jaccard(one: Iterable[str], other: Iterable[str]) -> float:
    """The share of words that both have, 0 to 1; of nothing it is 0."""
    a, b = set(one), set(other)
    return len(a & b) / len(a | b) if a and b else 0.0


def clusters(count: int, pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """What hangs together by pairs, each cluster in order, two of them at least."""
    parent = list(range(count))

    def root(at: int) -> int:
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    for i, j in pairs:
        one, other = sorted((root(i), root(j)))
        parent[other] = one
    found: defaultdict[int, list[int]] = defaultdict(list)
    for at in range(count):
        found[root(at)].append(at)
    return [members for members in found.values() if len(members) > 1]


def best(standings: Sequence[Standing]) -> int:
    """Which one to keep: the newest of those whose confidence is within 0.2 of the highest; then the most recalled."""
    most = max(standing.confidence for standing in standings)
    believed = [at for at, standing in enumerate(standings) if most - standing.confidence <= TRUSTED + 1e-9]
    return max(believed, key=lambda at: (standings[at].said, standings[at].recalls, standings[at].key))


def apart(one: str, other: str) -> str:
    """Why two texts that are alike do not say the same, or nothing: what differs in them is what they are about."""
    if sorted(tokens.numbers(one)) != sorted(tokens.numbers(other)):
        return "other numbers"
    if tokens.negated(one) != tokens.negated(other):
        return "one is negated"
    mine, yours = _names(one), _names(other)
    return "other names" if mine - yours and yours - mine else ""


def one_word_apart(one: str, other: str) -> bool:
    """Whether they are the same but for one telling word: black for green changes what is said, around for about not.

    Which it is only a person sees.
    """
    mine, yours = tokens.telling(one), tokens.telling(other)
    return len(mine - yours) == len(yours - mine) == 1


def _names(text: str) -> set[str]:
    """Words with a capital that do not begin a sentence."""
    inner = (word for part in tokens.sentences(text) for word in tokens.WORD.findall(part)[1:])
    return {word.lower() for word in inner if word[0].isupper() and word.lower() not in tokens.IDLE}
