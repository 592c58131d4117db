"""Time zones by their names."""

from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

WRONG = "is not the name of a time zone, such as Europe/Berlin"


def named(name: Any) -> ZoneInfo | None:
    """The IANA zone of a name; None where it is none.

    Other files that lie beside the zones, such as `localtime` and `posix/UTC`, are none: PostgreSQL knows them not.
    """
    return ZoneInfo(name) if isinstance(name, str) and name in _known() else None


@cache
def _known() -> frozenset[str]:
    return frozenset(available_timezones()) - {"localtime"}
