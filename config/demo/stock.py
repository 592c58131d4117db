"""How many memories the demo's library held, hour by hour, as plain values."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from config.demo.rhythm import DAY, HOUR, Month
from config.demo.talks import Said

EVERY = 3  # hours between two looks; the last hour is looked at too
Held = Counter[tuple[str, str, str]]  # by metric, kind and domain
UNDO = 7 * DAY  # after which what was deleted is gone


def held(
    month: Month, everything: Sequence[Said], ages: Mapping[str, int], older: str
) -> Iterator[tuple[datetime, Held]]:
    """At the end of an hour, what there was; `ages` are bands of days, the youngest first, then comes `older`."""
    hours = list(month.hours())
    for hour in [*hours[:-1:EVERY], hours[-1]]:
        at = hour + HOUR
        told: Held = Counter()
        for one in everything:
            if one.at < at:
                told.update(_of(one, at, ages, older))
        yield hour, told


def _of(one: Said, at: datetime, ages: Mapping[str, int], older: str) -> Iterator[tuple[str, str, str]]:
    domain = one.talk.desk.name
    if one.gone_at and one.gone_at <= at:
        if one.gone_at > at - UNDO:
            yield "stock_state", "deleted", domain
        return
    band = next((name for name, days in ages.items() if one.at > at - timedelta(days=days)), older)
    yield "stock_state", "active", domain
    yield "stock_kind", one.sentence.kind, domain
    yield "stock_tier", "warm", domain
    yield "stock_age", band, domain
