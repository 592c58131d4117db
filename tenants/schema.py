"""A tenant's schema: which migrations it should have, which it has, and taking it there."""

from collections.abc import Iterable
from functools import cache

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.graph import MigrationGraph
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

PER_QUERY = 100  # schemas; the planner's work grows faster than their number
Name = tuple[str, str]


@cache
def graph() -> MigrationGraph:
    """The migrations as their files say."""
    return MigrationLoader(None).graph


@cache
def leaves() -> tuple[Name, ...]:
    """The newest migration of each app whose tables are a tenant's own."""
    labels = [app.label for app in apps.get_app_configs() if app.name in settings.TENANT_APPS]
    return tuple(leaf for label in labels for leaf in graph().leaf_nodes(label))


@cache
def wanted() -> tuple[Name, ...]:
    """Every migration that a tenant's schema should have, in the order in which they are applied."""
    return tuple(dict.fromkeys(name for leaf in leaves() for name in graph().forwards_plan(leaf)))


def target() -> str:
    """The newest state's name, such as `memory.0009_unfinished`."""
    return ",".join(f"{label}.{name}" for label, name in leaves())


def migrate(schema: str) -> None:
    """Apply what is missing. Each migration is a transaction of its own, unless there is one around."""
    connection.set_schema(schema, include_public=False)  # type: ignore[attr-defined]  # django-tenants' own connection
    try:
        # With public in the path its table would be taken for the schema's own, and nothing be applied.
        MigrationRecorder(connection).ensure_schema()
        connection.set_schema(schema)  # type: ignore[attr-defined]
        MigrationExecutor(connection).migrate(list(leaves()))
    finally:
        connection.set_schema_to_public()  # type: ignore[attr-defined]


def applied(schemas: Iterable[str]) -> dict[str, set[Name]]:
    """The migrations that each schema has, by one query for each PER_QUERY of them; none for one that is not there."""
    asked = sorted(schemas)
    found: dict[str, set[Name]] = {schema: set() for schema in asked}
    there = _with_table(asked)
    for start in range(0, len(there), PER_QUERY):
        found |= _applied(there[start : start + PER_QUERY])
    return found


def drifted(schemas: Iterable[str]) -> list[str]:
    """Those of these schemas that lack a migration."""
    everything = set(wanted())
    return [schema for schema, has in applied(schemas).items() if not everything <= has]


def exists(schema: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_namespace WHERE nspname = %s", [schema])
        return cursor.fetchone() is not None


def _with_table(schemas: list[str]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE relname = 'django_migrations' AND nspname = ANY(%s)",
            [schemas],
        )
        return [row[0] for row in cursor.fetchall()]


def _applied(schemas: list[str]) -> dict[str, set[Name]]:
    # Names of schemas have passed onboarding's form: lower-case letters, digits and underscores.
    one = "SELECT '{0}', array_agg(app), array_agg(name) FROM \"{0}\".django_migrations"
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(one.format(schema) for schema in schemas))
        rows = cursor.fetchall()
    return {schema: set(zip(labels or [], names or [], strict=True)) for schema, labels, names in rows}
