"""Signing in with a password: too slow to guess, and nobody can lock a colleague out for ever.

Failed tries are counted in Redis for a quarter of an hour, per address and per account, known or not. A browser that
has signed in as somebody before carries a signed cookie, and its tries for that account are counted by themselves: who
guesses elsewhere locks out strangers, not the person's own browser.
"""

import hashlib
import secrets
from collections.abc import Callable
from functools import cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

import redis
import structlog
from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from unfold.forms import AuthenticationForm

from tenants.errors import TooManyTries

log = structlog.get_logger(__name__)
WINDOW = 900  # seconds, from the first failed try
ACCOUNT_TRIES, ADDRESS_TRIES = 10, 50
COOKIE, COOKIE_AGE, SALT = "known_browser", 365 * 86_400, "tenants.signin"


class Guarded(ModelBackend):
    """Django's backend behind the counters. Raises TooManyTries."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> Any:
        if request is None or not username or password is None:
            return super().authenticate(request, username, password, **kwargs)
        account = _hashed(username.strip().lower())
        counters = {_who(request, account): ACCOUNT_TRIES, f"address:{_network(request)}": ADDRESS_TRIES}
        _count(counters)
        user = super().authenticate(request, username, password, **kwargs)
        if user is not None:
            _take_back(counters)
            request.signed_in_account = account  # type: ignore[attr-defined]
        return user


class SignInForm(AuthenticationForm):
    """The console's; it says the same whether the account is there, the password wrong or both."""

    def clean(self) -> Any:
        try:
            return super().clean()
        except TooManyTries as error:
            minutes = error.wait // 60 + 1
            raise ValidationError(f"Too many tries. Try again in {minutes} minutes.", code="too_many_tries") from None


def known_browser(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Remember a browser that has just signed in."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if account := getattr(request, "signed_in_account", ""):
            told = signing.dumps([account, secrets.token_hex(8)], salt=SALT)
            secure = settings.SESSION_COOKIE_SECURE
            response.set_cookie(COOKIE, told, COOKIE_AGE, httponly=True, samesite="Lax", secure=secure)
        return response

    return middleware


def _who(request: HttpRequest, account: str) -> str:
    """Whose tries these are: the account's, or those of a browser that has been in it."""
    told = request.COOKIES.get(COOKIE, "")
    try:
        known, browser = signing.loads(told, salt=SALT, max_age=COOKIE_AGE)
    except (signing.BadSignature, ValueError, TypeError):
        return f"account:{account}"
    return f"browser:{account}:{browser}" if known == account else f"account:{account}"


def _network(request: HttpRequest) -> str:
    """The address; of IPv6 the /64, which one caller has to itself."""
    try:
        address = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return "unknown"
    return str(ip_network((address, 64), strict=False)) if isinstance(address, IPv6Address) else str(address)


def _hashed(account: str) -> str:
    return hashlib.blake2b(account.encode(), key=settings.SECRET_KEY.encode()[:64], digest_size=16).hexdigest()


@cache
def _counters() -> redis.Redis:
    return redis.Redis.from_url(f"{settings.REDIS_URL}/1", socket_timeout=0.25, socket_connect_timeout=0.25)


def _count(limits: dict[str, int]) -> None:
    """Count a try before the password is looked at, so that tries at once are counted too. Raises TooManyTries.

    Without Redis nobody is counted and nobody is locked out: a password still costs a slow hash.
    """
    pipe = _counters().pipeline(transaction=True)
    for name in limits:
        pipe.incr(f"signin:{name}")
        pipe.expire(f"signin:{name}", WINDOW, nx=True)
        pipe.ttl(f"signin:{name}")
    try:
        told = pipe.execute()
    except redis.RedisError as error:
        log.warning("tries to sign in not counted", error=type(error).__name__)
        return
    over = [told[at + 2] for at, most in zip(range(0, len(told), 3), limits.values(), strict=True) if told[at] > most]
    if over:
        log.warning("too many tries to sign in", wait=max(over))
        raise TooManyTries(max(over))


def _take_back(limits: dict[str, int]) -> None:
    """A try that succeeded is none."""
    pipe = _counters().pipeline(transaction=True)
    for name in limits:
        pipe.decr(f"signin:{name}")
    try:
        pipe.execute()
    except redis.RedisError as error:
        log.warning("a good sign-in stays counted", error=type(error).__name__)
