"""Is it alive, and is it ready: the only endpoints without a credential. They tell states, never details."""

import re

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse

PGVECTOR_FLOOR = (0, 8, 4)  # below it: index corruption during vacuum, overflow in parallel builds


def alive(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


def ready(request: HttpRequest) -> JsonResponse:
    """200 when this process can serve; Redis away means degraded, for reads and writes still work."""
    parts = {"database": _database(), "redis": _redis()}
    if not parts["database"]:
        return JsonResponse({"status": "down", "parts": parts}, status=503)
    return JsonResponse({"status": "ok" if all(parts.values()) else "degraded", "parts": parts})


def vector_extension() -> tuple[str, tuple[int, ...]] | None:
    """The schema that pgvector stands in and its version; None where it is not installed. Raises DatabaseError."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nspname, extversion FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace"
            " WHERE extname = 'vector'"
        )
        found = cursor.fetchone()
    return (found[0], tuple(int(part) for part in re.findall(r"\d+", found[1]))) if found else None


def _database() -> bool:
    try:
        found = vector_extension()
    except DatabaseError:
        return False
    return found is not None and found[0] == "public" and found[1] >= PGVECTOR_FLOOR


def _redis() -> bool:
    try:
        client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5)
        return bool(client.ping())
    except redis.RedisError:
        return False
