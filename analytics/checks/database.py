"""PostgreSQL: does it answer, has it room for connections, is the vector extension right, are all indexes valid."""

import re
from typing import Any

from django.db import connection

from analytics.checks.base import Component, Status, timed

PGVECTOR_FLOOR = (0, 8, 4)  # below it: index corruption during vacuum, overflow in parallel builds
FULL = 0.85  # of the connections that the server takes
NAMED = 20  # indexes
_NUMBERS = (
    "SELECT current_setting('server_version'), (SELECT count(*) FROM pg_stat_activity WHERE backend_type ="
    " 'client backend'), current_setting('max_connections')::int, pg_database_size(current_database())"
)
# One that is being built is invalid too, and nothing is wrong with that.
_INVALID = (
    "SELECT n.nspname, x.relname FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid"
    " JOIN pg_namespace n ON n.oid = x.relnamespace WHERE NOT i.indisvalid AND NOT EXISTS"
    " (SELECT FROM pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid) ORDER BY 1, 2"
)


def vector_extension() -> tuple[str, tuple[int, ...]] | None:
    """The schema that pgvector stands in and its version; None where it is not installed. Raises DatabaseError."""
    found = _row(
        "SELECT nspname, extversion FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace"
        " WHERE extname = 'vector'"
    )
    return (found[0], tuple(int(part) for part in re.findall(r"\d+", found[1]))) if found else None


def postgresql() -> list[Component]:
    """Raises DatabaseError, as do those below."""
    _, took = timed(lambda: _row("SELECT 1"))
    version, used, most, size = _row(_NUMBERS)
    details = {"version": version, "connections": used, "max_connections": most, "bytes": size}
    if used > FULL * most:
        advice = "Raise max_connections, or lower DATABASE_POOL, so that no process is turned away."
        says = f"{used} of {most} connections are taken."
        return [Component("postgresql", Status.DEGRADED, says, advice, took, details)]
    return [Component("postgresql", Status.OK, f"PostgreSQL {version} answers.", "", took, details)]


def extension() -> list[Component]:
    found = vector_extension()
    floor = ".".join(map(str, PGVECTOR_FLOOR))
    if found is None:
        advice = "CREATE EXTENSION vector WITH SCHEMA public, as a role that may."
        return [Component("vector_extension", Status.DOWN, "pgvector is not installed.", advice)]
    schema, numbers = found
    version = ".".join(map(str, numbers))
    details = {"version": version, "schema": schema}
    if schema != "public" or numbers < PGVECTOR_FLOOR:
        advice = f"Have pgvector {floor} or newer in the schema public: ALTER EXTENSION vector UPDATE."
        says = f"pgvector {version} stands in the schema {schema}."
        return [Component("vector_extension", Status.DOWN, says, advice, details=details)]
    return [Component("vector_extension", Status.OK, f"pgvector {version} is in public.", details=details)]


def indexes() -> list[Component]:
    """Of all tenants."""
    with connection.cursor() as cursor:
        cursor.execute(_INVALID)
        found = [f"{schema}.{name}" for schema, name in cursor.fetchall()]
    if not found:
        return [Component("indexes", Status.OK, "All indexes of all tenants are valid.")]
    advice = "A build of them died. Those over vectors are built anew within 15 minutes; for others REINDEX."
    says = f"{len(found)} index{'es are' if len(found) > 1 else ' is'} invalid and not used."
    return [Component("indexes", Status.DEGRADED, says, advice, details={"invalid": found[:NAMED]})]


def _row(sql: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()
