"""The handshake: where a socket may be opened from, and what it brings to be recognised by."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.conf import settings
from django.http.request import validate_host
from django.utils.http import is_same_domain

from api.auth import SCHEMES
from api.sockets.frames import Frame, Refused, bad

TICKET = "memhouse.ticket"  # the subprotocol before a ticket
SECRETS = {"token", "access_token", "key", "api_key", "apikey", "ticket", "secret", "password", "authorization", "jwt"}
IN_THE_URL = Refused(
    4400,
    "credential_in_url",
    "A credential in the URL ends up in logs: send it as the first message, as `Authorization: Bearer`, or a ticket as "
    "`Sec-WebSocket-Protocol: memhouse.ticket, <ticket>`. Use another one from now on.",
)


@dataclass(frozen=True)
class Handshake:
    """What came with the handshake. `auth` is the first message that it stands for, None without a credential."""

    host: str
    ip: str
    auth: Frame | None = None
    subprotocol: str | None = None
    refused: Refused | None = None


def read(scope: dict[str, Any]) -> Handshake:
    headers = _headers(scope)
    protocols = [str(name) for name in scope.get("subprotocols") or []]
    ticket = protocols[1] if len(protocols) > 1 and protocols[0] == TICKET else ""
    return Handshake(
        host=hostname(headers.get("host", "")),
        ip=(scope.get("client") or [""])[0],
        auth=_brought(headers, ticket),
        subprotocol=TICKET if TICKET in protocols else None,
        refused=_refused(scope, protocols, ticket),
    )


def _refused(scope: dict[str, Any], protocols: list[str], ticket: str) -> Refused | None:
    query = (scope.get("query_string") or b"").decode("latin-1")
    if any(name.lower() in SECRETS for name, _ in parse_qsl(query, keep_blank_values=True, max_num_fields=None)):
        return IN_THE_URL
    if TICKET in protocols and not ticket:
        return bad(f"A ticket comes second, after {TICKET}.")
    return None


def _brought(headers: dict[str, str], ticket: str) -> Frame | None:
    """The credential of the handshake, as an `auth` message."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    token = token.strip() if scheme.lower() in SCHEMES else headers.get("x-api-key", "").strip()
    if not token and not ticket:
        return None
    told: Frame = {"type": "auth", "ticket": ticket} if ticket else {"type": "auth", "token": token}
    named = headers.get("x-tenant-id")
    return told | ({"tenant": named} if named else {})


def _headers(scope: dict[str, Any]) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope.get("headers", [])}


def unlogged(application: Any) -> Any:
    """The same application; but the server, which logs a socket's URL, does not know its query any more."""

    async def inner(scope: dict[str, Any], receive: Any, send: Any) -> None:
        told = dict(scope)
        scope["query_string"] = b""
        await application(told, receive, send)

    return inner


def hostname(host: str) -> str:
    """A Host header without its port."""
    return host.rsplit(":", 1)[0]


def may_come_from(scope: dict[str, Any]) -> bool:
    """Whether a page of this origin may open a socket; a program sends no Origin, and may.

    Sockets never use cookies, so a foreign page could only use a credential that it has. It is refused all the same:
    a page that somebody was lured to has no business here.
    """
    headers = _headers(scope)
    origin = headers.get("origin")
    if origin is None or "*" in settings.CORS_ORIGINS or origin in settings.CORS_ORIGINS:
        return True
    try:
        return _is_here(origin, headers.get("host", "")) or any(_is(origin, o) for o in settings.CSRF_TRUSTED_ORIGINS)
    except ValueError:  # one of them is no URL: `http://[`
        return False


def _is_here(origin: str, host: str) -> bool:
    """The page is of this host; and the host is one of ours, for a name can be bent to any address."""
    here = _plain(urlsplit(f"//{host}").netloc)
    return _plain(urlsplit(origin).netloc) == here and validate_host(hostname(here), settings.ALLOWED_HOSTS)


def _plain(place: str) -> str:
    """`host:port`, without the port that a browser leaves out."""
    return place.lower().removesuffix(":443").removesuffix(":80")


def _is(origin: str, trusted: str) -> bool:
    """As Django's CSRF check reads CSRF_TRUSTED_ORIGINS: `https://*.example.com` stands for subdomains."""
    told, known = urlsplit(origin), urlsplit(trusted)
    if told.scheme != known.scheme:
        return False
    return told.netloc == known.netloc or (
        known.netloc.startswith("*") and is_same_domain(told.netloc, known.netloc.lstrip("*"))
    )
