"""Who is speaking: one function, for REST, sockets and everything later."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from django_tenants.utils import tenant_context

from events import actors
from tenants import keys, roles
from tenants.errors import Suspended, TenantMismatch, Unauthenticated
from tenants.models import ApiKey, Domain, Tenant

DOMAINS_KEPT_FOR = 5.0  # seconds
_domains: tuple[float, dict[str, str]] = (0.0, {})


@dataclass(frozen=True)
class Speaker:
    """A recognised caller: the tenant it speaks in, and what it may do there, by its role or its key's scopes."""

    tenant: Tenant
    actor: str
    scopes: frozenset[str] = frozenset()
    key: ApiKey | None = None
    role: str = ""  # of a person; a key has none
    asked: actors.Acting = field(default_factory=actors.acting)  # the request it was recognised in

    def may(self, operation: str) -> bool:
        """Whether the table of tenants.roles lets this caller do it."""
        if self.role:
            return roles.role_may(self.role, operation)
        return roles.scopes_may(self.scopes, operation)


def resolve(credential: str, *, named: Iterable[str] = (), host: str = "") -> Speaker:
    """The speaker of a credential. The credential decides; each tenant named beside it must agree.

    `named` holds tenants told by header or path, as slug or id; `host` is the request's host name, which names
    a tenant when it is one of its domains. Raises Unauthenticated, Suspended or TenantMismatch.
    """
    key = keys.find(credential)
    if key is None:
        raise Unauthenticated
    if key.tenant.state != Tenant.State.ACTIVE:
        raise Suspended
    own = {key.tenant.slug, str(key.tenant.id)}
    told = [*named, *filter(None, [tenant_of_domain(host)])]
    if any(name not in own for name in told):
        raise TenantMismatch
    keys.touch(key)
    return Speaker(tenant=key.tenant, actor=f"key:{key.public}", scopes=frozenset(key.scopes), key=key)


@contextmanager
def speaking(speaker: Speaker) -> Iterator[None]:
    """Enter the speaker's schema, and act in its name, until the block ends. Never across an `await`."""
    acting = replace(speaker.asked, actor=speaker.actor, key_id=speaker.key.pk if speaker.key else None)
    with tenant_context(speaker.tenant), actors.going_on(acting):
        yield


def tenant_of_domain(host: str) -> str | None:
    """The slug of the tenant that owns a host name; the table is small and read at most every five seconds."""
    global _domains
    read_at, known = _domains
    if time.monotonic() - read_at > DOMAINS_KEPT_FOR:
        known = dict(Domain.objects.values_list("domain", "tenant__slug"))
        _domains = (time.monotonic(), known)
    return known.get(host)
