"""Vectors into rows and out of them, in binary: as text, their numbers cost more than the rest of the statement."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import psycopg
from django.db import connection
from django.db.models import BinaryField, Func
from pgvector import HalfVector
from pgvector.psycopg.halfvec import register_halfvec_info
from psycopg.types import TypeInfo

HEADER = 4  # octets before the numbers
PACKED = Func("embedding", function="halfvec_send", output_field=BinaryField(null=True))  # to select for `unpacked`


def unpacked(told: bytes) -> np.ndarray:
    return np.frombuffer(told, ">f2", offset=HEADER).astype(np.float32)


def write(statement: str, vectors: np.ndarray, others: Sequence[tuple[Any, ...]]) -> None:
    """Run `statement` once a vector, in one round trip. Its first parameter is the vector, then come `others`."""
    rows = [(HalfVector(vector), *rest) for vector, rest in zip(vectors, others, strict=True)]
    with _cursor() as cursor:
        cursor.executemany(statement, rows)


def _cursor() -> psycopg.Cursor:
    """A cursor of psycopg's own: Django's writes each value into the text of the statement."""
    connection.cursor().close()  # stands in the tenant's schema
    raw = connection.connection
    halfvec = TypeInfo.fetch(raw, "halfvec")
    assert halfvec is not None
    cursor = psycopg.Cursor(raw)
    register_halfvec_info(cursor, halfvec)  # type: ignore[arg-type]  # a cursor is a context of its own
    return cursor
