"""Is it alive, and is it ready: the only endpoints without a credential. They tell states, never details."""

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse


def alive(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


def ready(request: HttpRequest) -> JsonResponse:
    """200 when this process can serve; Redis away means degraded, for reads and writes still work."""
    parts = {"database": _database(), "redis": _redis()}
    if not parts["database"]:
        return JsonResponse({"status": "down", "parts": parts}, status=503)
    return JsonResponse({"status": "ok" if all(parts.values()) else "degraded", "parts": parts})


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'vector'")
            return cursor.fetchone() is not None
    except DatabaseError:
        return False


def _redis() -> bool:
    try:
        client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5)
        return bool(client.ping())
    except redis.RedisError:
        return False
