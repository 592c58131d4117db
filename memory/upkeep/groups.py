"""Memories to compare with each other: those of one user in one namespace, with their vectors as a matrix."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
from django.db.models import Q

from memory.models import Memory
from memory.models.memory import MemoryQuerySet
from memory.upkeep.vectors import PACKED, unpacked

SLICE = 1_000  # rows of one statement
LARGEST = 5_000  # memories of one group: every two are compared
READ = (
    "id", "version", "content", "kind", "author", "user_id", "namespace", "tags", "people", "importance", "confidence",
    "trust", "recalls", "event_time", "valid_from", "valid_to", "embedding_model",
)  # fmt: skip


@dataclass(frozen=True)
class Group:
    """`rows` by id; `vectors` has a row each, of length 1, or 0 where there is none of the model that most have."""

    rows: list[Memory]
    vectors: np.ndarray

    @property
    def texts(self) -> list[str]:
        return [memory.content for memory in self.rows]


def groups(rows: MemoryQuerySet, most: int) -> Iterator[Group]:
    """The groups of these rows, user by user, up to `most` memories in all, of each group the newest LARGEST.

    What lies in cold storage is left out: its words are not here.
    """
    told = _rows(rows.exclude(tier=Memory.Tier.COLD), most)
    for _, same in groupby(told, key=lambda memory: (memory.user_id, memory.namespace)):
        newest = [memory for at, memory in enumerate(same) if at < LARGEST]
        newest.sort(key=lambda memory: memory.pk)
        yield Group(newest, matrix(newest))


def _rows(rows: MemoryQuerySet, most: int) -> Iterator[Memory]:
    """In the order of the index memory_scope, a slice a statement."""
    ordered = rows.only(*READ).annotate(packed=PACKED).order_by("user_id", "namespace", "-id")
    left, batch = most, list(ordered[: min(most, SLICE)])
    while batch:
        yield from batch
        left -= len(batch)
        last = batch[-1]
        same_user = Q(user_id=last.user_id)
        same = same_user & Q(namespace=last.namespace)
        behind = ordered.filter(
            Q(user_id__gt=last.user_id) | same_user & Q(namespace__gt=last.namespace) | same & Q(id__lt=last.pk)
        )
        batch = list(behind[: min(left, SLICE)]) if left > 0 and len(batch) == SLICE else []


def matrix(rows: Sequence[Any]) -> np.ndarray:
    """Their vectors, as Group has them, of rows that were read with PACKED as `packed`."""
    found = {at: unpacked(row.packed) for at, row in enumerate(rows) if row.packed is not None}
    kinds = Counter((rows[at].embedding_model, len(vector)) for at, vector in found.items())
    if not kinds:
        return np.zeros((len(rows), 1), dtype=np.float32)
    (model, dimensions), _ = min(kinds.items(), key=lambda told: (-told[1], told[0]))
    vectors = np.zeros((len(rows), dimensions), dtype=np.float32)
    for at, vector in found.items():
        if rows[at].embedding_model == model and len(vector) == dimensions:
            vectors[at] = vector
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths > 0, lengths, 1)
