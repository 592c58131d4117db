"""Build the approximate index of a tenant that has grown large, and drop one that is not needed any more."""
# ruff: noqa: S608  names are our own

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from django.conf import settings
from django.db import connection

from memory import embeddings, nearest

log = structlog.get_logger(__name__)


def run() -> None:
    """Make what stands be what is wanted. One at a time; built beside reads and writes, which go on."""
    with _alone() as alone:
        if not alone:
            return
        built = _built()
        wanted = _wanted(standing=any(built.values()))
        for name, valid in built.items():
            if name != wanted or not valid:  # a build that was killed leaves an invalid one
                _execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        if wanted and not built.get(wanted):
            _build(wanted)


def _wanted(standing: bool) -> str:
    """The name of the index that should stand; empty for none. One that stands goes at half the number."""
    model, least = embeddings.current().name, settings.NEAR_INDEX_FROM
    if not least:
        return ""
    rows = "FROM memory_memory WHERE state = 'active' AND embedding_model = %s"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM (SELECT {rows} LIMIT %s) counted", [model, least])
        (count,) = cursor.fetchone()
        if count < (least // 2 if standing else least):
            return ""
        cursor.execute(f"SELECT vector_dims(embedding) {rows} AND embedding IS NOT NULL LIMIT 1", [model])
        (dimensions,) = cursor.fetchone() or (0,)
    return nearest.name_of(model, dimensions) if 0 < dimensions <= nearest.MOST_DIMENSIONS else ""


def _built() -> dict[str, bool]:
    """The names of those that stand in this schema, and whether each is valid."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT x.relname, i.indisvalid FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid"
            " WHERE i.indrelid = 'memory_memory'::regclass AND starts_with(x.relname, %s)",
            [nearest.PREFIX],
        )
        return dict(cursor.fetchall())


def _build(name: str) -> None:
    dimensions = int(name.removeprefix(nearest.PREFIX).split("_")[0])
    log.info("building the approximate index", index=name)
    _execute(
        f"CREATE INDEX CONCURRENTLY {name} ON memory_memory"
        f" USING hnsw ({nearest.indexed(dimensions)} halfvec_cosine_ops) WHERE {nearest.condition(dimensions)}",
        embeddings.current().name,
    )


def _execute(sql: str, *params: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


@contextmanager
def _alone() -> Iterator[bool]:
    """Whether no other worker is at this tenant's index; until the block ends nobody else can be."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext(current_schema() || '.near'))")
        (alone,) = cursor.fetchone()
        try:
            yield alone
        finally:
            if alone:
                cursor.execute("SELECT pg_advisory_unlock(hashtext(current_schema() || '.near'))")
