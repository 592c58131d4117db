"""Single-use tickets: how a browser, which can send no header, opens a socket without a token in the URL."""

import secrets
from dataclasses import replace
from uuid import UUID

from django.core import signing
from django.core.cache import cache

from tenants.errors import TenantMismatch, Unauthenticated
from tenants.models import ApiKey, Login, Tenant, User
from tenants.resolve import Speaker, again

LIVES_FOR = 30  # seconds
SALT = "memhouse.ticket"


def issue(user: User, tenant: Tenant) -> str:
    """A ticket that lets this person read this tenant's feed, once, within LIVES_FOR seconds."""
    return issue_to(Speaker(tenant, f"user:{user.pk}", user=user))


def issue_to(speaker: Speaker) -> str:
    """A ticket that stands for a speaker in its tenant, once, within LIVES_FOR seconds; of URL-safe characters.

    What it opens ends with what the speaker stands on: its key, login, membership, and the time of its token.
    """
    stands_on = {"key": speaker.key, "login": speaker.login, "user": speaker.user}
    words = {name: str(row.pk) for name, row in stands_on.items() if row}
    words |= {"tenant": str(speaker.tenant.pk), "nonce": secrets.token_urlsafe(16)}
    return _signer().sign_object(words | ({"until": speaker.until} if speaker.until else {}))


def redeem(ticket: str) -> Speaker:
    """The speaker of a ticket, which is used up by this. Raises Unauthenticated or Suspended."""
    try:
        words = _signer().unsign_object(ticket, max_age=LIVES_FOR)
    except (signing.BadSignature, ValueError):
        raise Unauthenticated from None
    if not cache.add(f"ticket:{words['nonce']}", 1, timeout=LIVES_FOR + 5):
        raise Unauthenticated
    tenant = Tenant.objects.filter(pk=words["tenant"]).first()
    if tenant is None:
        raise Unauthenticated
    return _stood_for(tenant, words)


def _stood_for(tenant: Tenant, words: dict[str, str]) -> Speaker:
    """The key, the login or the person, as it stands now, in the tenant of the ticket."""
    was = Speaker(
        tenant, "", until=float(words["until"]) if "until" in words else None,
        key=ApiKey(pk=UUID(words["key"])) if "key" in words else None,
        login=Login(pk=UUID(words["login"])) if "login" in words else None,
        user=User(pk=UUID(words["user"])) if "user" in words else None,
    )  # fmt: skip
    if not (was.key or was.login or was.user):
        raise Unauthenticated
    try:
        now = again(was)
    except TenantMismatch:
        raise Unauthenticated from None
    if now.tenant.pk != tenant.pk:
        raise Unauthenticated
    return replace(now, until=was.until)


def _signer() -> signing.TimestampSigner:
    return signing.TimestampSigner(salt=SALT, sep=".")  # a colon may not stand in a Sec-WebSocket-Protocol
