"""Vectors that callers bring along, of models of their own: kept in the metadata, told and compared exactly.

They may have any dimension, and are compared with those alone that have as many numbers. The house's own vectors are
of its own model: the two are never compared, and recall looks at the latter only.
"""

import base64
import binascii
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Length

from memory.algorithms.cosines import cosines
from memory.errors import BadVector
from memory.models.memory import Memory, MemoryQuerySet

KEY = "own_vector"  # of the metadata
MOST = 4_096  # numbers
LOOKED_AT = 10_000  # memories, the newest first
SLICE = 500


def packed(vector: Sequence[float]) -> str:
    """As it is kept under KEY: base64 of its numbers in eight bytes each. Raises BadVector."""
    return base64.b64encode(_checked(vector).tobytes()).decode()


def unpacked(text: Any) -> np.ndarray | None:
    """The numbers; None where this is no vector, for metadata is its callers' and may hold anything."""
    try:
        return _checked(np.frombuffer(base64.b64decode(text, validate=True), dtype="<f8"))
    except (TypeError, ValueError, binascii.Error, BadVector):
        return None


def nearest(vector: Sequence[float], rows: MemoryQuerySet, limit: int, above: float) -> list[tuple[UUID, float]]:
    """Of these rows those whose own vector is nearer than `above` by its cosine, the nearest first, with it.

    The LOOKED_AT newest that have one of as many numbers are compared, each of them. Raises BadVector.
    """
    asked = _checked(vector)
    found = [one for batch in _batches(rows, asked) for one in _near(batch, asked) if one[1] > above]
    return sorted(found, key=lambda one: (-one[1], one[0]))[:limit]


def _batches(rows: MemoryQuerySet, vector: np.ndarray) -> Iterator[list[tuple[UUID, str]]]:
    """First their ids alone: to bring all vectors at once takes as much memory as they do."""
    own = KeyTextTransform(KEY, "metadata")
    size = len(base64.b64encode(vector.tobytes()))  # which is another for each dimension
    told = rows.annotate(size=Length(own)).filter(size=size).order_by("-id")
    ids = list(told.values_list("id", flat=True)[:LOOKED_AT])
    for at in range(0, len(ids), SLICE):
        yield list(Memory.objects.filter(pk__in=ids[at : at + SLICE]).annotate(own=own).values_list("id", "own"))


def _near(batch: list[tuple[UUID, str]], vector: np.ndarray) -> list[tuple[UUID, float]]:
    known = [(key, own) for key, text in batch if (own := unpacked(text)) is not None and own.shape == vector.shape]
    return list(zip([key for key, _ in known], cosines([own for _, own in known], vector), strict=True))


def _checked(vector: Sequence[float] | np.ndarray) -> np.ndarray:
    numbers = np.asarray(vector, dtype="<f8")
    if numbers.ndim != 1 or not 0 < len(numbers) <= MOST:
        raise BadVector("/vector", f"must be a list of 1 to {MOST} numbers")
    if not np.isfinite(numbers).all() or not numbers.any():
        raise BadVector("/vector", "must be finite, and not all zero")
    return numbers
