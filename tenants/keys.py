"""API keys: issue, find, rotate, revoke, and count their use."""

import hashlib
import hmac
import secrets
import string
import time
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from events import ledger
from tenants.errors import BadKey, KeyOver
from tenants.models import ApiKey, Tenant
from tenants.roles import SCOPES

ALPHABET = string.ascii_letters + string.digits
ALL_SCOPES = ("read", "write", "admin")  # of a tenant's key
OVERLAP, LONGEST_OVERLAP = 24.0, 720.0  # hours that a rotated key goes on
MOST_NAMESPACES = 100
MOST_KEPT = 10_000  # keys that one process remembers


_kept: dict[str, tuple[float, ApiKey]] = {}  # by the digest of the whole text, which itself is not kept


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def _digest(secret: str) -> str:
    # A plain hash is enough: the secret is 256 bits of chance, not a password to guess.
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
def issue(
    tenant: Tenant | None,
    name: str,
    scopes: Iterable[str] = ALL_SCOPES,
    expires_at: datetime | None = None,
    namespaces: Iterable[str] = (),
) -> tuple[ApiKey, str]:
    """Make a key; the row and the whole key as text, which is shown now and never again.

    A key with `namespaces` reads and writes only there. One without a tenant is the platform's. Raises BadKey.
    """
    key = ApiKey(tenant=tenant, name=name, expires_at=expires_at)
    told = set(scopes)
    key.scopes = [scope for scope in SCOPES if scope in told] + sorted(told - set(SCOPES))
    key.namespaces = sorted(set(namespaces))
    check(key)
    return _stored(key)


def check(key: ApiKey) -> None:
    """Raise BadKey for a key, not saved yet, that cannot be."""
    if not key.scopes or not set(key.scopes) <= set(ApiKey.Scope.values):
        raise BadKey("/scopes", f"must be some of {', '.join(ApiKey.Scope.values)}")
    if ("platform" in key.scopes) != (key.tenant is None):
        raise BadKey("/scopes", "must hold `platform` for a key of the platform, and for no other")
    if key.namespaces and not set(key.scopes) <= {"read", "write"}:
        raise BadKey("/namespaces", "go with `read` and `write` alone: what else there is knows no namespaces")
    if len(key.namespaces) > MOST_NAMESPACES or not all(0 < len(name) <= 255 for name in key.namespaces):
        raise BadKey("/namespaces", f"must be up to {MOST_NAMESPACES} names of 1 to 255 characters")


def _stored(key: ApiKey) -> tuple[ApiKey, str]:
    key.public, secret = _random(12), _random(43)
    key.secret_hash = _digest(secret)
    key.save(force_insert=True)
    told = {"name": key.name, "scopes": list(key.scopes), "namespaces": list(key.namespaces)}
    ledger.record("key.issued", key, tenant_id=key.tenant_id, **told)
    return key, f"im_{key.public}_{secret}"


def of(tenant: Tenant | None) -> QuerySet[ApiKey]:
    """The keys of a tenant, or of the platform."""
    return ApiKey.objects.filter(tenant=tenant)


def find(text: str) -> ApiKey | None:
    """The live key that `text` spells, with its tenant, or None: unknown, wrong, expired and revoked look alike.

    A web process remembers for KEYS_KEPT_SECONDS what it found, so a key that another process revokes opens no longer.
    """
    if not text.isascii():
        return None
    place = _digest(text)
    until, kept = _kept.get(place, (0.0, None))
    if kept and time.monotonic() < until and kept.is_live():
        return kept
    key = _read(text)
    if key and settings.KEYS_KEPT_SECONDS:
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        _kept[place] = (time.monotonic() + settings.KEYS_KEPT_SECONDS, key)
    return key


def _read(text: str) -> ApiKey | None:
    parts = text.split("_")
    if len(parts) != 3 or parts[0] != "im" or "\x00" in text:
        return None
    key = ApiKey.objects.select_related("tenant").filter(public=parts[1]).first()
    if key is None or not hmac.compare_digest(key.secret_hash, _digest(parts[2])) or not key.is_live():
        return None
    return key


@transaction.atomic
def rotate(key: ApiKey, hours: float = OVERLAP) -> tuple[ApiKey, str]:
    """Put a new key, which may do the same for as long, in the place of this one, which goes on for some hours.

    `hours` is 0 to LONGEST_OVERLAP; with 0 the old one ends now. Of two who rotate at once one succeeds. Raises
    KeyOver.
    """
    now = timezone.now()
    live = Q(revoked_at=None, successor=None) & (Q(expires_at=None) | Q(expires_at__gt=now))
    old = ApiKey.objects.select_for_update().filter(live, pk=key.pk).first()
    if old is None:
        raise KeyOver
    new = ApiKey(tenant_id=old.tenant_id, name=old.name, scopes=old.scopes, expires_at=old.expires_at)
    new.namespaces, new.limits = old.namespaces, old.limits
    issued, text = _stored(new)
    until = now + timedelta(hours=hours)
    old.expires_at, old.successor = min(old.expires_at or until, until), issued
    old.save(update_fields=["expires_at", "successor"])
    told = {"name": old.name, "by": str(issued.pk), "until": old.expires_at.isoformat()}
    ledger.record("key.rotated", old, tenant_id=old.tenant_id, **told)
    return issued, text


@transaction.atomic
def revoke(key: ApiKey) -> bool:
    """Revoke a key; False when it already was."""
    _kept.clear()
    revoked = ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now())
    if revoked:
        ledger.record("key.revoked", key, tenant_id=key.tenant_id, name=key.name)
    return bool(revoked)


def count_uses(uses: dict[str, int]) -> None:
    """Add the uses since the last time, by the public part of each key, to the rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE tenants_apikey k SET usage_count = usage_count + t.uses, last_used_at = now()"
            " FROM unnest(%s::text[], %s::bigint[]) t(public, uses) WHERE k.public = t.public",
            [list(uses), list(uses.values())],
        )
