"""What writers cost, by tenant and day: counted in Redis, to show it: what Redis loses is lost. No content is in it."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import redis
import structlog
from django.conf import settings
from django.utils import timezone

from events import ledger
from memory.llm.base import Written

log = structlog.get_logger(__name__)
KEPT = 400  # days
COUNTS = ("calls", "tokens_in", "tokens_out", "written", "fallbacks")


@dataclass(frozen=True)
class Spent:
    """`written` texts came of `calls` of a model, `fallbacks` without one; `cost` by the prices of the settings."""

    day: date
    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    written: int = 0
    fallbacks: int = 0

    @property
    def cost(self) -> float:
        return cost(self.tokens_in, self.tokens_out)


def cost(tokens_in: int, tokens_out: int) -> float:
    """In the currency of the prices, which are per million tokens."""
    return (tokens_in * settings.WRITER_PRICE_IN + tokens_out * settings.WRITER_PRICE_OUT) / 1_000_000


@cache
def _redis() -> redis.Redis:
    url = f"{settings.REDIS_URL}/1"
    return redis.Redis.from_url(url, socket_timeout=0.25, socket_connect_timeout=0.25, retry=None)


def _key(day: date) -> str:
    return f"writer:{ledger.current_tenant_id()}:{day}"


def count(written: Written) -> None:
    """Add what one text cost to today's counts of the tenant that one stands in."""
    told = (written.calls, written.tokens_in, written.tokens_out, int(not written.failed), int(bool(written.failed)))
    key = _key(timezone.now().date())
    try:
        pipe = _redis().pipeline(transaction=False)
        for name, number in zip(COUNTS, told, strict=True):
            pipe.hincrby(key, name, number)
        pipe.expire(key, timedelta(days=KEPT))
        pipe.execute()
    except redis.RedisError as error:
        log.warning(
            "what a writer cost is not counted",
            error=type(error).__name__,
        )


def spent(days: int = 1) -> list[Spent]:
    """Of the tenant one stands in: today and the days before, the latest first. Raises redis.RedisError."""
    today = timezone.now().date()
    asked = [today - timedelta(days=back) for back in range(days)]
    pipe = _redis().pipeline(transaction=False)
    for day in asked:
        pipe.hmget(_key(day), COUNTS)
    return [Spent(day, *(int(one or 0) for one in told)) for day, told in zip(asked, pipe.execute(), strict=True)]
