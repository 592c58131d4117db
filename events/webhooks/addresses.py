"""Where a webhook may go: public addresses alone, or those that the operator names.

A name is resolved once for each try, every address that it has must be allowed, and the connection goes to one of
these and nowhere else. Ours and not httpx-secure 2.0, which connects before it looks, looks at one address of a name,
keeps an answer for ten minutes, and knows neither 6to4 nor Teredo.
"""

import asyncio
import re
import socket
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import httpx
from django.conf import settings

from events.webhooks.errors import BadWebhook

Address = IPv4Address | IPv6Address
LONGEST = 2048
NAME = re.compile(r"[A-Za-z0-9._-]+")
RELAYS = IPv4Network("192.88.99.0/24")  # 6to4's, which lead anywhere
UNICAST = IPv6Network("2000::/3")  # all that was ever given out; is_global says yes to much that was not
DOCUMENTATION = IPv6Network("3fff::/20")
NAT64, SIX_TO_FOUR = IPv6Network("64:ff9b::/96"), IPv6Network("2002::/16")
ISATAP = (b"\x00\x00\x5e\xfe", b"\x02\x00\x5e\xfe")  # in the middle of an address whose end is one of version 4


def check_url(url: str) -> httpx.URL:
    """The parts of an address. Raises BadWebhook for one that can never be sent to, whatever its name comes to."""
    try:
        parts = httpx.URL(url)
        host = name_of(parts)
    except (httpx.InvalidURL, ValueError):
        raise BadWebhook("url", "is not a URL") from None
    if len(url) > LONGEST:
        raise BadWebhook("url", f"must be at most {LONGEST} characters")
    if parts.scheme not in ("https", "http") or not host:
        raise BadWebhook("url", "must begin with https:// or http:// and name a host")
    if parts.userinfo:
        raise BadWebhook("url", "must not hold a user name or a password")
    _check_host(host)
    if port_of(parts) not in settings.WEBHOOK_PORTS and not _named(host):
        raise BadWebhook("url", f"must use one of the ports {', '.join(map(str, settings.WEBHOOK_PORTS))}")
    return parts


def name_of(url: httpx.URL) -> str:
    """The host as it is asked for and as its certificate names it: in ASCII, small, without a dot at its end."""
    return url.raw_host.decode("ascii").lower().rstrip(".")


def port_of(url: httpx.URL) -> int:
    return url.port if url.port is not None else 443 if url.scheme == "https" else 80


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, as the resolver prefers them. Raises BadWebhook when one is not allowed, OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))
    if not all(allowed(host, address) for address in addresses):
        raise BadWebhook("url", "leads to an address that is not public")
    return addresses


def allowed(host: str, address: str) -> bool:
    """Whether one may connect to an address that a host has."""
    if host in _exempt()[0]:
        return True
    told = ip_address(address)
    real = [told] if isinstance(told, IPv4Address) else _unwrapped(told)
    networks = _exempt()[1]
    return all(_public(one) or any(one in network for network in networks) for one in real)


def _check_host(host: str) -> None:
    """Raise BadWebhook for an address that is not allowed, or for a host that is written as nobody writes one."""
    literal = _literal(host)
    if literal is None and (not NAME.fullmatch(host) or _is_odd(host)):
        raise BadWebhook("url", "must name its host plainly")
    if (literal and not allowed(host, host)) or (_is_local(host) and not _named(host)):
        raise BadWebhook("url", "must lead to a public address")


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _is_odd(host: str) -> bool:
    """Whether it is an address of version 4 in decimal, octal, hex or too few parts, which resolvers understand."""
    try:
        socket.inet_aton(host)
    except OSError:
        return False
    return True


def _is_local(host: str) -> bool:
    return host == "localhost" or host.endswith(".localhost")


def _named(host: str) -> bool:
    """Whether the operator has named this host or address."""
    names, networks = _exempt()
    literal = _literal(host)
    return host in names or (literal is not None and any(literal in network for network in networks))


def _unwrapped(address: IPv6Address) -> list[Address]:
    """What is really reached: the addresses of version 4 that one of version 6 stands for, or itself."""
    if address.ipv4_mapped:
        return [address.ipv4_mapped]
    if address in NAT64:
        return [IPv4Address(address.packed[-4:])]
    if address in SIX_TO_FOUR:
        return [IPv4Address(address.packed[2:6])]
    if address.packed[8:12] in ISATAP:
        return [address, IPv4Address(address.packed[-4:])]
    return [address, *(address.teredo or ())]


def _public(address: Address) -> bool:
    if isinstance(address, IPv6Address) and (
        address not in UNICAST or address in DOCUMENTATION or address.scope_id is not None
    ):
        return False
    if isinstance(address, IPv4Address) and address in RELAYS:
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _exempt() -> tuple[frozenset[str], tuple[IPv4Network | IPv6Network, ...]]:
    return _parsed(tuple(settings.WEBHOOK_PRIVATE_HOSTS))


@lru_cache(maxsize=8)
def _parsed(entries: tuple[str, ...]) -> tuple[frozenset[str], tuple[IPv4Network | IPv6Network, ...]]:
    names, networks = set(), []
    for entry in entries:
        try:
            networks.append(ip_network(entry, strict=False))
        except ValueError:
            names.add(entry.lower().rstrip("."))
    return frozenset(names), tuple(networks)
