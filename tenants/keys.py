"""API keys: issue, find, revoke, and count their use."""

import hashlib
import hmac
import secrets
import string
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache

import redis
import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from events import ledger
from tenants.models import ApiKey, Tenant

log = structlog.get_logger(__name__)
ALPHABET = string.ascii_letters + string.digits
ALL_SCOPES = tuple(ApiKey.Scope.values)
USES, SEEN = "keys:uses", "keys:seen"


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def _digest(secret: str) -> str:
    # A plain hash is enough: the secret is 256 bits of chance, not a password to guess.
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
def issue(
    tenant: Tenant, name: str, scopes: Iterable[str] = ALL_SCOPES, expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """Make a key; the row and the whole key as text, which is shown now and never again."""
    public, secret = _random(12), _random(43)
    key = ApiKey.objects.create(
        tenant=tenant, name=name, public=public, secret_hash=_digest(secret), scopes=list(scopes), expires_at=expires_at
    )
    ledger.record("key.issued", key, tenant_id=tenant.id, name=name, scopes=list(key.scopes))
    return key, f"im_{public}_{secret}"


def find(text: str) -> ApiKey | None:
    """The live key that `text` spells, with its tenant, or None: unknown, wrong, expired and revoked look alike."""
    parts = text.split("_")
    if len(parts) != 3 or parts[0] != "im" or not text.isascii() or "\x00" in text:
        return None
    key = ApiKey.objects.select_related("tenant").filter(public=parts[1]).first()
    if key is None or not hmac.compare_digest(key.secret_hash, _digest(parts[2])) or not key.is_live():
        return None
    return key


def still_opens(key: ApiKey) -> bool:
    """Whether a key that was found earlier would be found now, and its tenant is open."""
    now = ApiKey.objects.select_related("tenant").filter(pk=key.pk).first()
    return now is not None and now.is_live() and now.tenant.state == Tenant.State.ACTIVE


@transaction.atomic
def revoke(key: ApiKey) -> bool:
    """Revoke a key; False when it already was."""
    revoked = ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now())
    if revoked:
        ledger.record("key.revoked", key, tenant_id=key.tenant_id, name=key.name)
    return bool(revoked)


@cache
def _counters() -> redis.Redis:
    return redis.Redis.from_url(f"{settings.REDIS_URL}/1", socket_timeout=0.25, socket_connect_timeout=0.25)


def touch(key: ApiKey) -> None:
    """Count one use in Redis; `fold_usage` moves it to the row. Lost with Redis: a count, not a promise."""
    try:
        pipe = _counters().pipeline(transaction=False)
        pipe.hincrby(USES, str(key.pk), 1)
        pipe.hset(SEEN, str(key.pk), int(timezone.now().timestamp()))
        pipe.execute()
    except redis.RedisError as error:
        log.warning("key use not counted", error=type(error).__name__)


def fold_usage() -> int:
    """Add the counted uses to the rows; the number of keys that were used."""
    pipe = _counters().pipeline(transaction=True)
    pipe.hgetall(USES)
    pipe.hgetall(SEEN)
    pipe.delete(USES, SEEN)
    uses, seen, _ = pipe.execute()
    for pk, count in uses.items():
        at = datetime.fromtimestamp(int(seen.get(pk, 0)), UTC)
        ApiKey.objects.filter(pk=pk.decode()).update(usage_count=F("usage_count") + int(count), last_used_at=at)
    return len(uses)
