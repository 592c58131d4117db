"""Who is speaking: one function, for REST, sockets and everything later."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from django.db.models import Q
from django_tenants.utils import get_public_schema_name, tenant_context

from events import actors
from tenants import bounds, keys, roles, tokens
from tenants.errors import SpeakerError, Suspended, TenantMismatch, Unauthenticated
from tenants.models import ApiKey, Domain, Login, Tenant, User

DOMAINS_KEPT_FOR = 5.0  # seconds
_domains: tuple[float, dict[str, str]] = (0.0, {})
# Where a caller of the platform speaks that names no tenant: in `public`, as no tenant.
PLATFORM = Tenant(id=None, slug="", name="", schema_name=get_public_schema_name())


@dataclass(frozen=True)
class Speaker:
    """A recognised caller: the tenant it speaks in, and what it may do there, by its role or its key's scopes."""

    tenant: Tenant
    actor: str
    scopes: frozenset[str] = frozenset()
    key: ApiKey | None = None
    role: str = ""  # of a person; a key has none
    user: User | None = None
    login: Login | None = None  # when it came with a token
    until: float | None = None  # when its token ends, in seconds since 1970
    namespaces: tuple[str, ...] = ()  # it is bound to these; empty: to none
    asked: actors.Acting = field(default_factory=actors.acting)  # the request it was recognised in

    def may(self, operation: str) -> bool:
        """Whether the table of tenants.roles lets this caller do it."""
        if self.role:
            return roles.role_may(self.role, operation)
        return roles.scopes_may(self.scopes, operation)

    @property
    def gives_as(self) -> str:
        """The role by which it gives roles: a key of the platform has the platform's."""
        return "platform" if "platform" in self.scopes else self.role

    @property
    def on_platform(self) -> bool:
        """Whether it speaks in no tenant."""
        return self.tenant is PLATFORM


def resolve(credential: str, *, named: Iterable[str] = (), host: str = "") -> Speaker:
    """The speaker of a credential: an API key or an access token. Raises Unauthenticated or TenantMismatch.

    The credential decides the tenant; each tenant named beside it must agree. `named` holds tenants told by header or
    path, as slug or id; `host` is the request's host name, which names a tenant when it is one of its domains. A
    credential of the platform has no tenant: it speaks in the one that is named, or on the platform itself.
    """
    speaker = _of_token(credential) if credential.count(".") == 2 else _of_text(credential)
    told = [*named, *filter(None, [tenant_of_domain(host)])]
    if speaker.on_platform and told:
        speaker = replace(speaker, tenant=_named(told[0]))
    own = {speaker.tenant.slug, str(speaker.tenant.id)}
    if any(name not in own for name in told):
        raise TenantMismatch
    return speaker


def _of_text(credential: str) -> Speaker:
    key = keys.find(credential)
    if key is None:
        raise Unauthenticated
    return _of_key(key)


def _of_key(key: ApiKey) -> Speaker:
    """Raises Unauthenticated unless the key is live, Suspended unless its tenant is open."""
    if not key.is_live():
        raise Unauthenticated
    if key.tenant and key.tenant.state != Tenant.State.ACTIVE:
        raise Suspended
    tenant, scopes = key.tenant or PLATFORM, frozenset(key.scopes)
    return Speaker(tenant, f"key:{key.public}", scopes, key, namespaces=tuple(key.namespaces))


def _of_token(credential: str) -> Speaker:
    login, until = tokens.access(credential)
    return replace(_of_login(login), until=until)


def _of_login(login: Login) -> Speaker:
    if login.key:
        login.key.tenant = login.tenant
        return replace(_of_key(login.key), login=login)
    role = tokens.role_of(login)
    return Speaker(login.tenant or PLATFORM, f"user:{login.user_id}", role=role, user=login.user, login=login)


def of_person(user: User, tenant: Tenant) -> Speaker:
    """A signed-in person in a tenant. Raises Unauthenticated."""
    role = user.role_in(tenant)
    if not role or not user.is_active or tenant.state != Tenant.State.ACTIVE:
        raise Unauthenticated
    return Speaker(tenant, f"user:{user.pk}", role=role, user=user)


def _named(name: str) -> Tenant:
    rows = Tenant.objects.filter(Q(slug=name) | Q(pk=name) if _is_id(name) else Q(slug=name))
    tenant = rows.filter(state=Tenant.State.ACTIVE).first()
    if tenant is None:
        raise TenantMismatch
    return tenant


def _is_id(name: str) -> bool:
    return len(name) == 36 and name.count("-") == 4 and set(name) <= set("0123456789abcdef-")


def still_speaks(speaker: Speaker, operation: str, *, unchanged: bool = False) -> bool:
    """Whether one who was recognised earlier would be recognised now, in the same tenant, and may do this there.

    `unchanged`: and may do all else that it might then, and no more; for who goes on by what was known then.
    """
    if speaker.until is not None and speaker.until <= time.time():
        return False
    try:
        now = again(speaker)
    except SpeakerError:
        return False
    if unchanged and (now.role, now.scopes) != (speaker.role, speaker.scopes):
        return False
    return now.tenant.pk == speaker.tenant.pk and now.namespaces == speaker.namespaces and now.may(operation)


def again(speaker: Speaker) -> Speaker:
    """One who was recognised earlier, by what stands behind it now. Raises SpeakerError."""
    if speaker.login:
        now = _of_login(tokens.found(speaker.login.pk))
    elif speaker.key:
        key = ApiKey.objects.select_related("tenant").filter(pk=speaker.key.pk).first()
        if key is None:
            raise Unauthenticated
        now = _of_key(key)
    else:
        return _again_without(speaker)
    return replace(now, tenant=_named(speaker.tenant.slug)) if now.on_platform and speaker.tenant.slug else now


def _again_without(speaker: Speaker) -> Speaker:
    """One that came without a credential of ours: a signed-in person, or our own code in somebody's name."""
    now = replace(speaker, tenant=_named(speaker.tenant.slug))
    if speaker.user is None:
        return now
    user = User.objects.filter(pk=speaker.user.pk).first()
    if user is None:
        raise Unauthenticated
    return of_person(user, now.tenant)


@contextmanager
def speaking(speaker: Speaker) -> Iterator[None]:
    """Enter the speaker's schema, act in its name and namespaces, until the block ends. Never across an `await`."""
    key_id, person_id = (who.pk if who else None for who in (speaker.key, speaker.user))
    acting = replace(speaker.asked, actor=speaker.actor, key_id=key_id, person_id=person_id)
    with tenant_context(speaker.tenant), actors.going_on(acting), bounds.bound_to(speaker.namespaces):
        yield


def tenant_of_domain(host: str) -> str | None:
    """The slug of the tenant that owns a host name; the table is small and read at most every five seconds."""
    global _domains
    read_at, known = _domains
    if time.monotonic() - read_at > DOMAINS_KEPT_FOR:
        known = dict(Domain.objects.values_list("domain", "tenant__slug"))
        _domains = (time.monotonic(), known)
    return known.get(host)
