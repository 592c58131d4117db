"""Single-use tickets: how a signed-in browser opens a socket without a token in the URL."""

import secrets

from django.core import signing
from django.core.cache import cache

from tenants.errors import Unauthenticated
from tenants.models import Tenant, User
from tenants.resolve import Speaker, of_person

LIVES_FOR = 30  # seconds
SALT = "memhouse.ticket"


def issue(user: User, tenant: Tenant) -> str:
    """A ticket that lets this person read this tenant's feed, once, within LIVES_FOR seconds."""
    words = {"user": str(user.pk), "tenant": str(tenant.pk), "nonce": secrets.token_urlsafe(16)}
    return signing.dumps(words, salt=SALT)


def redeem(ticket: str) -> Speaker:
    """The speaker of a ticket, which is used up by this. Raises Unauthenticated."""
    try:
        words = signing.loads(ticket, salt=SALT, max_age=LIVES_FOR)
    except signing.BadSignature:
        raise Unauthenticated from None
    if not cache.add(f"ticket:{words['nonce']}", 1, timeout=LIVES_FOR + 5):
        raise Unauthenticated
    user = User.objects.filter(pk=words["user"]).first()
    tenant = Tenant.objects.filter(pk=words["tenant"]).first()
    if user is None or tenant is None:
        raise Unauthenticated
    return of_person(user, tenant)
