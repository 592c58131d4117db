"""System checks with ids: what must be right before a server starts."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import OperationalError, connection

PGVECTOR_FLOOR = (0, 8, 4)  # below it: index corruption during vacuum, overflow in parallel builds


@register(Tags.security)
def secret_key_is_set(app_configs: Any, **_: Any) -> list[CheckMessage]:
    if settings.SECRET_KEY != "unset":  # noqa: S105  the absence of one
        return []
    hint = "Set SECRET_KEY, or start with `python manage.py up`, which generates one."
    return [Error("There is no SECRET_KEY.", hint=hint, id="config.E001")]


@register(Tags.database)
def vector_extension(app_configs: Any, databases: Any = None, **_: Any) -> list[CheckMessage]:
    """pgvector stands in `public` (every tenant's search path ends there) and is new enough."""
    if not databases:
        return []
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT extversion, nspname FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace"
                " WHERE extname = 'vector'"
            )
            found = cursor.fetchone()
    except OperationalError as error:
        return [Error("PostgreSQL does not answer.", hint=str(error).strip(), id="config.E002")]
    if found is None:
        return []  # before the first migration, which creates it
    version, schema = found
    if schema != "public":
        return [Error(f"pgvector is installed in schema {schema!r}, not in public.", id="config.E003")]
    if tuple(int(part) for part in version.split(".")) < PGVECTOR_FLOOR:
        return [Error(f"pgvector {version} is older than 0.8.4.", hint="Upgrade the extension.", id="config.E004")]
    return []
