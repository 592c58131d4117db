"""The statements that find the nearest by vector: exactly, or of a large part of a large tenant by an HNSW index.

A small scope is read exactly, which takes less time and misses nothing: of a filter that holds under a tenth of the
rows, an approximate index finds hardly any. The index speaks of one model, whose name is in its own.
"""
# ruff: noqa: S608  what is put together are our own words and Django's; values are bound

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from memory.models import Memory
from memory.models.near import COVERED_DIMENSIONS, COVERED_OCTETS

PREFIX = "memory_hnsw_"
LEAST_SHARE = 0.1  # of the tenant's memories, for the index to serve
MOST_DIMENSIONS = 4_000  # an index entry holds no more numbers of half precision

Statement = tuple[str, tuple[Any, ...]]


def name_of(model: str, dimensions: int) -> str:
    return f"{PREFIX}{dimensions}_{sha256(model.encode()).hexdigest()[:12]}"


def indexed(dimensions: int) -> str:
    """What the index is over; a question must use the same words. The column has no dimension, an index needs one."""
    return f"(embedding::halfvec({dimensions}))"


def condition(dimensions: int) -> str:
    """Which rows the index holds, the model as parameter."""
    return f"state = 'active' AND embedding_model = %s AND vector_dims(embedding) = {dimensions}"


@dataclass(frozen=True)
class Nearest:
    """The `count` nearest to a vector among the rows of a scope: `sql` is its FROM and WHERE, `params` its values."""

    table: str
    sql: str
    params: tuple[Any, ...]
    user_id: str  # the one user whose rows these are; empty: anybody's
    model: str
    vector: str  # as PostgreSQL reads it
    dimensions: int
    count: int

    def index_serves(self, cursor: Any, size: int) -> bool:
        """Whether the index stands, and a scope of this size is a large part of the tenant."""
        if self.table != Memory._meta.db_table:
            return False
        cursor.execute(
            "SELECT t.reltuples FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid"
            " JOIN pg_class x ON x.oid = i.indexrelid"
            " WHERE t.oid = 'memory_memory'::regclass AND x.relname = %s AND i.indisvalid",
            [name_of(self.model, self.dimensions)],
        )
        row = cursor.fetchone()
        return row is not None and size >= LEAST_SHARE * row[0]

    def statement(self, *, approximate: bool) -> Statement:
        """A SELECT of ids, with its parameters."""
        own, of_own = self._by_index() if approximate else self._exactly()
        if self.table != Memory._meta.db_table:
            return own, of_own
        passages, of_passages = self._of_passages()
        return f"{own} UNION {passages}", (*of_own, *of_passages)

    def _by_index(self) -> Statement:
        rows = f"{self.sql} AND {condition(self.dimensions)}"
        order = f"{indexed(self.dimensions)} <=> %s::halfvec({self.dimensions})"
        sql = f"(SELECT {self.table}.id {rows} ORDER BY {order} LIMIT {self.count})"
        return sql, (*self.params, self.model, self.vector)

    def _exactly(self) -> Statement:
        rows = f"SELECT {self.table}.id, embedding {self.sql} AND embedding_model = %s{self._covered()} OFFSET 0"
        return self._ordered(rows), (*self.params, self.model, self.vector)

    def _of_passages(self) -> Statement:
        rows = (
            "SELECT p.memory_id, p.embedding FROM memory_passage p WHERE p.embedding_model = %s"
            f" AND p.memory_id IN (SELECT memory_memory.id {self.sql} AND passages > 0) OFFSET 0"
        )
        return self._ordered(rows), (self.model, *self.params, self.vector)

    def _ordered(self, rows: str) -> str:
        """The nearest of `rows`, all of them looked at: by their OFFSET 0 no approximate index is used."""
        return f"(SELECT id FROM ({rows}) s(id, embedding) ORDER BY embedding <=> %s::halfvec LIMIT {self.count})"

    def _covered(self) -> str:
        """What the rows of memory_near have in common, said when all that may be found are among them."""
        of_other_table = self.table != Memory._meta.db_table
        too_long = len(self.user_id.encode()) > COVERED_OCTETS or self.dimensions > COVERED_DIMENSIONS
        if of_other_table or not self.user_id or too_long:
            return ""
        return f" AND vector_dims(embedding) <= {COVERED_DIMENSIONS} AND octet_length(user_id) <= {COVERED_OCTETS}"
