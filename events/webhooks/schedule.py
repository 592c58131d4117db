"""When a delivery is tried again, and when a webhook rests or is given up. Pure: the clock and the dice come in."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

# Before the first try, the second, …; the steps of the specification of Standard Webhooks, some 76 hours in all.
STEPS = (0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
JITTER = 0.2  # of a step, to either side
CIRCUIT = 5  # failures in a row, after which one delivery at a time tries whether the receiver is back
SHORTEST_REST, LONGEST_REST = 5.0, 300.0  # seconds between two such tries
LONGEST_ASKED = timedelta(hours=24)  # that a receiver's Retry-After is heeded
GIVEN_UP = timedelta(days=5)  # of nothing but failures
GONE = 410


def wait(tries: int, chance: float) -> timedelta | None:
    """How long after the `tries`th try the next one comes; `chance` is 0 to 1. None: that was the last one."""
    if tries >= len(STEPS):
        return None
    return timedelta(seconds=STEPS[tries] * (1 + JITTER * (2 * chance - 1)))


def arrived(status: int | None) -> bool:
    """Whether a try was a success: 2xx alone; a redirect is none, for it is not followed."""
    return status is not None and 200 <= status < 300


def rest(failures: int) -> timedelta:
    """How long a webhook rests after so many failures in a row: twice as long each time, once its circuit is open."""
    if failures < CIRCUIT:
        return timedelta(0)
    return timedelta(seconds=min(LONGEST_REST, SHORTEST_REST * 2.0 ** min(failures - CIRCUIT, 20)))


def asked(retry_after: str, now: datetime) -> timedelta:
    """What a Retry-After asks for, in seconds or as a date (RFC 9110, 10.2.3): 0 for nonsense, a day at most."""
    text = retry_after.strip()
    if re.fullmatch(r"[0-9]+", text):
        return min(timedelta(seconds=int(text) if len(text) < 10 else 10**9), LONGEST_ASKED)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return timedelta(0)
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max(at - now, timedelta(0)), LONGEST_ASKED)


def hopeless(failures: int, failing_since: datetime | None, now: datetime) -> bool:
    """Whether a webhook is given up: nothing has arrived for days, and it was no single mishap."""
    return failures >= CIRCUIT and failing_since is not None and now - failing_since >= GIVEN_UP
