"""A whole tenant as one tar: its settings, members and keys without secrets, and its memories in parts.

The parts are those of the usual export, so `cat acme/memories/*.jsonl` is a file that an import takes. A tar is
written piece by piece, in memory that does not grow.
"""

import json
import tarfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django_tenants.utils import tenant_context

from memory import portability
from tenants.models import Tenant

FORMAT = "memhouse.tenant/1"
END = bytes(2 * tarfile.BLOCKSIZE)


@dataclass(frozen=True)
class Piece:
    """Some bytes of the archive, and where to go on; `cursor` None: that was all."""

    data: bytes
    slug: str
    number: int
    cursor: dict[str, str] | None


def archive(tenant: Tenant) -> Iterator[bytes]:
    """The whole archive. Raises Unreadable."""
    piece: Piece | None
    with tenant_context(tenant):
        piece = first(tenant)
        while piece is not None:
            yield piece.data
            piece = after(piece)


def first(tenant: Tenant) -> Piece:
    """What is told of the tenant itself."""
    told = {"tenant": _tenant(tenant), "members": _members(tenant), "keys": _keys(tenant)}
    data = b"".join(_file(f"{tenant.slug}/{name}.json", _json(value)) for name, value in told.items())
    return Piece(data, tenant.slug, 0, {})


def after(piece: Piece) -> Piece | None:
    """The next part of the memories, in the tenant's schema; None after the last. Raises Unreadable."""
    if piece.cursor is None:
        return None
    part = portability.batch(portability.Selection(), "jsonl", piece.cursor)
    data = _file(f"{piece.slug}/memories/{piece.number:06}.jsonl", part.data)
    ended = END if part.cursor is None else b""
    return replace(piece, data=data + ended, number=piece.number + 1, cursor=part.cursor)


def _tenant(tenant: Tenant) -> dict[str, Any]:
    names = ("id", "slug", "name", "state", "created_at", "embedder")
    domains = list(tenant.domains.order_by("domain").values_list("domain", flat=True))
    return {"format": FORMAT, "domains": domains} | {name: getattr(tenant, name) for name in names}


def _members(tenant: Tenant) -> list[dict[str, Any]]:
    return list(tenant.memberships.order_by("user__email").values("user__email", "user__name", "role"))


def _keys(tenant: Tenant) -> list[dict[str, Any]]:
    """Without what is secret: not even the hash."""
    names = ("name", "public", "scopes", "created_at", "expires_at", "revoked_at", "last_used_at", "usage_count")
    return list(tenant.keys.order_by("id").values(*names))


def _json(value: Any) -> bytes:
    return (json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2) + "\n").encode()


def _file(name: str, data: bytes) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = len(data), int(time.time()), 0o600
    return info.tobuf(tarfile.PAX_FORMAT) + data + bytes(-len(data) % tarfile.BLOCKSIZE)
