"""Access and refresh tokens: JWTs that stand on a row, so that what they stand on can end them at once."""

from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth import authenticate
from django.db import transaction
from django.db.models import CharField, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils import timezone
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, Token
from uuid_utils.compat import uuid7

from events import actors, ledger
from tenants import keys
from tenants.errors import TenantMismatch, Unauthenticated
from tenants.models import Login, Membership, Tenant, User


def open_for_key(text: str) -> dict[str, Any]:
    """Tokens for an API key. Raises Unauthenticated."""
    key = keys.find(text)
    if key is None or (key.tenant and key.tenant.state != Tenant.State.ACTIVE):
        raise Unauthenticated
    return opened(Login(tenant=key.tenant, key=key))


def open_for_person(request: HttpRequest | None, email: str, password: str, named: str) -> dict[str, Any]:
    """Tokens for a person in the tenant that is named by slug or id. Raises Unauthenticated or TenantMismatch.

    Without a name: in the one tenant of a member, or on the platform for its operators.
    """
    user = authenticate(request, username=email.lower(), password=password)
    if not isinstance(user, User):
        raise Unauthenticated
    tenant = _tenant_for(user, named)
    return opened(Login(tenant=tenant, user=user))


def _tenant_for(user: User, named: str) -> Tenant | None:
    if user.is_superuser and not named:
        return None
    rows = Tenant.objects.filter(state=Tenant.State.ACTIVE)
    if not user.is_superuser:
        rows = rows.filter(memberships__user=user)
    found = [tenant for tenant in rows[:1000] if not named or named in (tenant.slug, str(tenant.pk))]
    if len(found) != 1:
        raise TenantMismatch
    return found[0]


@transaction.atomic
def opened(login: Login) -> dict[str, Any]:
    """Tokens that stand on a new login: `access`, `refresh`, and `expires_in` in seconds."""
    now = timezone.now()
    login.refresh, login.expires_at = uuid7(), now + api_settings.REFRESH_TOKEN_LIFETIME
    login.save(force_insert=True)
    with _acting(login):
        ledger.record("login.opened", login, tenant_id=login.tenant_id, by="key" if login.key else "password")
    return _pair(found(login.pk))


def refresh(text: str) -> dict[str, Any]:
    """New tokens for a refresh token, which is used up by this. Raises Unauthenticated.

    Who brings one that is used up already has stolen it, or was stolen from: the login is closed.
    """
    claims = _read(RefreshToken, text)
    login = found(claims["sid"])
    with transaction.atomic(), _acting(login):
        fresh = uuid7()
        moved = Login.objects.filter(pk=login.pk, refresh=UUID(claims["jti"]), closed_at=None).update(
            refresh=fresh, expires_at=timezone.now() + api_settings.REFRESH_TOKEN_LIFETIME
        )
        if moved:
            login.refresh = fresh
            ledger.record("login.refreshed", login, tenant_id=login.tenant_id)
    if not moved:
        _close(login, reused=True)
        raise Unauthenticated
    return _pair(login)


def close(text: str) -> None:
    """End the login that a refresh or an access token stands on. Raises Unauthenticated for what is no token."""
    try:
        claims = _read(RefreshToken, text)
    except Unauthenticated:
        claims = _read(AccessToken, text)
    login = Login.objects.select_related("key").filter(pk=claims["sid"]).first()
    if login:
        with _acting(login):
            _close(login, reused=False)


@transaction.atomic
def _close(login: Login, *, reused: bool) -> None:
    if Login.objects.filter(pk=login.pk, closed_at=None).update(closed_at=timezone.now()):
        ledger.record("login.closed", login, tenant_id=login.tenant_id, reused=reused)


def access(text: str) -> tuple[Login, float]:
    """The open login of an access token, and when the token ends, in seconds since 1970. Raises Unauthenticated."""
    claims = _read(AccessToken, text)
    return found(claims["sid"]), float(claims["exp"])


def found(login_id: Any) -> Login:
    """An open login: the key or the membership that it stands on is good now, and so is its tenant. One statement.

    Raises Unauthenticated.
    """
    role = Membership.objects.filter(user=OuterRef("user"), tenant=OuterRef("tenant")).values("role")
    rows = Login.objects.select_related("tenant", "key", "user").annotate(
        member_role=Coalesce(Subquery(role), Value(""), output_field=CharField())
    )
    login = rows.filter(pk=login_id).first()
    if login is None or not login.is_open() or (login.tenant and login.tenant.state != Tenant.State.ACTIVE):
        raise Unauthenticated
    if not role_of(login) and not (login.key and login.key.is_live()):
        raise Unauthenticated
    return login


def role_of(login: Any) -> str:
    """The role that the person of a found login has now; empty for a key's, and for somebody who has none."""
    if login.user is None or not login.user.is_active:
        return ""
    return "platform" if login.user.is_superuser else login.member_role


def _acting(login: Login) -> AbstractContextManager[None]:
    """Act as the key or the person that a login is of."""
    if login.key:
        return actors.acting_as(f"key:{login.key.public}", key_id=login.key.pk)
    return actors.acting_as(f"user:{login.user_id}", person_id=login.user_id)


def _pair(login: Login) -> dict[str, Any]:
    refresh, access = RefreshToken(), AccessToken()
    claims = {
        "sid": str(login.pk),
        "sub": str(login.key_id or login.user_id),
        "tenant": str(login.tenant_id) if login.tenant_id else None,
        "role": role_of(login) or "key",
    }
    for token in (refresh, access):
        token.payload |= claims
    refresh["jti"] = str(login.refresh)
    lifetime: timedelta = api_settings.ACCESS_TOKEN_LIFETIME
    return {"access": str(access), "refresh": str(refresh), "expires_in": int(lifetime.total_seconds())}


def _read(kind: type[Token], text: str) -> Any:
    """The claims of one of our tokens. Raises Unauthenticated."""
    try:
        claims = kind(text)  # type: ignore[arg-type]  # text is what it reads
        UUID(claims["sid"]), UUID(claims["jti"])
    except (TokenError, KeyError, ValueError, TypeError, AttributeError, RecursionError):
        raise Unauthenticated from None
    return claims


def forget() -> int:
    """Delete logins that ended; how many."""
    return Login.objects.filter(expires_at__lte=timezone.now()).delete()[0]
