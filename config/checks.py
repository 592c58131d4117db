"""System checks with ids: what must be right before a server starts."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.management.base import SystemCheckError
from django.db import OperationalError, connection

from analytics.checks import database
from config import deploy


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
        found = database.vector_extension()
    except OperationalError as error:
        # It may answer later: readiness tells, and a start need not fail.
        return [checks.Warning("PostgreSQL does not answer.", hint=str(error).strip(), id="config.W002")]
    if found is None:
        return []  # before the first migration, which creates it
    schema, version = found
    if schema != "public":
        return [Error(f"pgvector is installed in schema {schema!r}, not in public.", id="config.E003")]
    if version < database.PGVECTOR_FLOOR:
        told = ".".join(map(str, version))
        return [Error(f"pgvector {told} is older than 0.8.4.", hint="Upgrade the extension.", id="config.E004")]
    return []


def refuse_unsafe_start() -> None:
    """Raise SystemCheckError where a server would start with an error of these checks; servers run none themselves."""
    # In a thread of its own, for an ASGI server imports its application inside a running event loop.
    with ThreadPoolExecutor(1) as pool:
        found = pool.submit(_checked).result()
    if errors := [message for message in found if message.is_serious()]:
        raise SystemCheckError("; ".join(f"{error.id}: {error.msg} {error.hint or ''}" for error in errors))


def _checked() -> list[CheckMessage]:
    try:
        return secret_key_is_set(None) + deploy.safe_for_others(None) + vector_extension(None, databases=["default"])
    finally:
        connection.close()
