"""Is it alive, and is it ready: the only endpoints without a credential. They tell states, never details."""

import redis
from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse

from analytics.checks.database import PGVECTOR_FLOOR, vector_extension


def alive(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


def ready(request: HttpRequest) -> JsonResponse:
    """200 when this process can serve; Redis away means degraded, for reads and writes still work."""
    parts = both()
    if not parts["database"]:
        return JsonResponse({"status": "down", "parts": parts}, status=503)
    return JsonResponse({"status": "ok" if all(parts.values()) else "degraded", "parts": parts})


def both() -> dict[str, bool]:
    """Whether the two that all else stands on answer."""
    return {"database": _database(), "redis": _redis()}


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
