"""How many sockets are open: leases in Redis, counted for all web processes together, per credential and tenant.

A lease lasts LEASE seconds and is renewed meanwhile, so those of a killed process end by themselves.
"""

import threading
import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.conf import settings

from tenants import limits
from tenants.errors import TooManySockets
from tenants.resolve import Speaker

LEASE = 60  # seconds
# KEYS: the set of the credential, that of the tenant. ARGV: limits of both, the seat, seconds that it lasts.
TAKE = """
local now = tonumber(redis.call('TIME')[1])
for i, name in ipairs(KEYS) do
  redis.call('ZREMRANGEBYSCORE', name, '-inf', now)
  if redis.call('ZCARD', name) >= tonumber(ARGV[i]) then return i end
end
for _, name in ipairs(KEYS) do
  redis.call('ZADD', name, now + ARGV[4], ARGV[3])
  redis.call('EXPIRE', name, 2 * ARGV[4])
end
return 0
"""
# KEYS: sets. ARGV: seconds that they last, then the seat of each set.
RENEW = """
local now = tonumber(redis.call('TIME')[1])
for i, name in ipairs(KEYS) do
  redis.call('ZADD', name, now + ARGV[1], ARGV[i + 1])
  redis.call('EXPIRE', name, 2 * ARGV[1])
end
"""
GIVE_BACK = "for _, name in ipairs(KEYS) do redis.call('ZREM', name, ARGV[1]) end"


@dataclass(frozen=True)
class Seat:
    """A place for one socket of a credential in a tenant."""

    places: tuple[str, str]
    id: str = field(default_factory=lambda: uuid.uuid4().hex)


_open: Counter[str] = Counter()  # of this process, by place
_lock = threading.Lock()


def take(speaker: Speaker) -> Seat:
    """A seat for one more socket. Raises TooManySockets. Without Redis each process keeps its share of the limits."""
    tenant = str(speaker.tenant.pk)
    seat = Seat((f"sockets:{tenant}:{speaker.actor}", f"sockets:{tenant}"))
    most = (settings.SOCKETS_PER_KEY, settings.SOCKETS_PER_TENANT)
    full = limits.run(limits.register(TAKE), seat.places, [*most, seat.id, LEASE])
    with _lock:
        if full is None:
            full = _full_here(seat, most)
        if full:
            raise TooManySockets(("credential", "tenant")[full - 1], most[full - 1])
        _open.update(seat.places)
    return seat


def _full_here(seat: Seat, most: tuple[int, int]) -> int:
    shares = [max(1, limit // settings.WEB_PROCESSES) for limit in most]
    return next((i for i, place in enumerate(seat.places, 1) if _open[place] >= shares[i - 1]), 0)


def renew(seats: Iterable[Seat]) -> None:
    """These are still taken; also where Redis forgot them."""
    pairs = [(place, seat.id) for seat in seats for place in seat.places]
    if pairs:
        limits.run(limits.register(RENEW), [place for place, _ in pairs], [LEASE, *(id for _, id in pairs)])


def give_back(seat: Seat) -> None:
    with _lock:
        _open.subtract(seat.places)
        for place in seat.places:
            if _open[place] <= 0:
                del _open[place]
    limits.run(limits.register(GIVE_BACK), seat.places, [seat.id])
