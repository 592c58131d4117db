"""The facts, preferences and constraints that a user has already, for consolidation to align its gists with."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import Q

from memory import embeddings
from memory.algorithms import gisting
from memory.algorithms.gisting import Gist
from memory.errors import EmbedderUnavailable
from memory.models import Memory
from memory.upkeep import marks, sources
from memory.upkeep.plan import Reach

SOURCE = "consolidate"  # of the memories that consolidation makes
MOST = 5_000
NEAR = 0.92  # cosine from which a known fact says what a gist says


@dataclass(frozen=True, eq=False)
class Known:
    pk: UUID
    version: int
    owner: tuple[str, str]
    content: str
    kind: str
    confidence: float
    event_time: datetime
    metadata: dict[str, Any]
    vector: np.ndarray | None

    @property
    def key(self) -> str:
        """What a newer one with the same key replaces; only what consolidation made has one."""
        told = self.metadata.get("key")
        return told if isinstance(told, str) else ""


def model() -> str:
    """Whose vectors are compared."""
    return embeddings.current().name


def of(reach: Reach, episodes: Sequence[Memory]) -> list[Known]:
    """What the owners of these episodes know; the latest first, in one statement."""
    rows = reach.rows().movable().filter(user_id__in={m.user_id for m in episodes})
    rows = rows.filter(Q(kind=Memory.Kind.FACT) | Q(source=SOURCE, kind__in=gisting.STATEMENTS))
    rows = rows.only("id", "embedding", "embedding_model", *sources.COLUMNS).order_by("-id")
    return [_known(memory) for memory in sources.readable(list(rows[:MOST]))] if episodes else []


def _known(memory: Memory) -> Known:
    ours = memory.embedding is not None and memory.embedding_model == model()
    return Known(
        memory.pk,
        memory.version,
        (memory.namespace, memory.user_id),
        memory.content,
        memory.kind,
        memory.confidence,
        memory.event_time,
        marks.of(memory),
        vectors([memory])[0] if ours else None,
    )


def vectors(memories: Sequence[Memory]) -> np.ndarray:
    """Their vectors as unit vectors; shape (n, dimension)."""
    told = np.array([memory.embedding for memory in memories], dtype=np.float64)
    return told / np.maximum(np.linalg.norm(told, axis=-1, keepdims=True), 1e-9)


def digest(text: str) -> str:
    """The key of a fact: the first 16 hexadecimal digits of the SHA-256 of its words."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Nearness:
    """Gists beside one user's known facts. Where no embedder answers, words alone decide."""

    def __init__(self, gists: Sequence[str], facts: Sequence[Known]) -> None:
        self.facts = facts
        self._vectors = dict(zip(gists, _embedded(gists), strict=False))

    def to(self, gist: Gist, key: str) -> tuple[Known | None, Known | None]:
        """The known fact that says the same, and the one with the same key that says another thing."""
        kin = [fact for fact in self.facts if fact.kind == gist.kind]
        same = next((fact for fact in kin if gisting.same(fact.content, gist.text)), None) or self._nearest(gist, kin)
        if same:
            return same, None
        return None, next((fact for fact in kin if fact.key == key), None)

    def _nearest(self, gist: Gist, kin: Sequence[Known]) -> Known | None:
        own = self._vectors.get(gist.text)
        if own is None:
            return None
        close = [(_cosine(fact.vector, own), place) for place, fact in enumerate(kin)]
        best, place = max(close, key=lambda one: (one[0], -one[1]), default=(0.0, 0))
        return kin[place] if best >= NEAR else None


def _cosine(one: np.ndarray | None, other: np.ndarray) -> float:
    """0 where there is no vector of the same model."""
    return 0.0 if one is None or one.shape != other.shape else round(float(one @ other), 4)


def _embedded(texts: Sequence[str]) -> Sequence[np.ndarray]:
    try:
        return list(embeddings.current().embed(list(texts))) if texts else []
    except EmbedderUnavailable:
        return []
