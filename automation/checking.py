"""What a policy may say: its fields and its jobs, checked and completed."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from automation import registry, slots
from automation.errors import BadPolicy, UnknownJob
from automation.models import Policy
from memory.errors import BadOption
from tenants import zones

# What can be said of a policy; where it holds is said once, when it is made.
CHANGEABLE = (
    "name", "type", "enabled", "jobs", "extras", "owner", "starts_at", "ends_at", "time_zone", "misfire",
)  # fmt: skip
MOST_MEMORIES = 1_000_000_000
MOST_SECONDS = 366 * 86_400  # between two slots of an interval
YEARS = range(2000, 2200)  # so that slots can be found on both sides
EXTRAS_BYTES = 16_384
JOB = ("enabled", "threshold", "schedule", "options")
SCHEDULE = ("enabled", "cron_expression", "interval_hours", "run_immediately")


def checked(told: Mapping[str, Any]) -> dict[str, Any]:
    """Fields as they are kept: each job with all that can be said of it. Raises BadPolicy."""
    for name, value in told.items():
        if name not in CHECKS:
            raise BadPolicy(_at(name), "is not a field of a policy")
        if why := CHECKS[name](value):
            raise BadPolicy(_at(name), why)
    return dict(told) | ({"jobs": _jobs(told["jobs"])} if "jobs" in told else {})


def check_window(starts_at: datetime | None, ends_at: datetime | None) -> None:
    """Raises BadPolicy."""
    if starts_at and ends_at and ends_at <= starts_at:
        raise BadPolicy("/ends_at", "is not after starts_at")


def seconds(hours: float) -> int:
    return round(timedelta(hours=hours).total_seconds())


def _jobs(told: Any) -> dict[str, Any]:
    if not isinstance(told, dict):
        raise BadPolicy("/jobs", "is an object of jobs by name")
    return {name: _job(name, said) for name, said in told.items()}


def _job(name: str, told: Any) -> dict[str, Any]:
    at = f"/jobs{_at(name)}"
    try:
        job = registry.find(name)
    except UnknownJob:
        raise BadPolicy(at, "is not a job that there is") from None
    said = _known(at, told, JOB)
    options = said.get("options", {})
    _must(isinstance(options, dict), f"{at}/options", "is an object")
    try:
        registry.read_options(job, options)
    except BadOption as error:
        raise BadPolicy(f"{at}/options{error.pointer}", error.detail) from None
    return {
        "enabled": _flag(at, said, "enabled", True),
        "threshold": _threshold(at, said.get("threshold")),
        "schedule": _schedule(f"{at}/schedule", said.get("schedule")),
        "options": options,
    }


def _threshold(at: str, told: Any) -> int | None:
    good = told is None or (isinstance(told, int) and not isinstance(told, bool) and 1 <= told <= MOST_MEMORIES)
    _must(good, f"{at}/threshold", f"is a whole number from 1 to {MOST_MEMORIES}")
    return told  # type: ignore[no-any-return]  # as it was just checked


def _schedule(at: str, told: Any) -> dict[str, Any] | None:
    if told is None:
        return None
    said = _known(at, told, SCHEDULE)
    cron, hours = said.get("cron_expression"), said.get("interval_hours")
    enabled = _flag(at, said, "enabled", True)
    if cron is not None:
        why = slots.wrong(cron) if isinstance(cron, str) else "is text"
        _must(not why, f"{at}/cron_expression", why)
    if hours is not None:
        least = settings.SHORTEST_SCHEDULE_SECONDS
        _must(_good_interval(hours), f"{at}/interval_hours", f"is from {least} seconds to a year, in hours")
    _must(not enabled or (cron is None) != (hours is None), at, "has either cron_expression or interval_hours")
    immediately = _flag(at, said, "run_immediately", False)
    return {"enabled": enabled, "cron_expression": cron, "interval_hours": hours, "run_immediately": immediately}


def _good_interval(hours: Any) -> bool:
    number = isinstance(hours, int | float) and not isinstance(hours, bool)
    return number and 0 < hours <= MOST_SECONDS / 3_600 and seconds(hours) >= settings.SHORTEST_SCHEDULE_SECONDS


def _known(at: str, told: Any, names: tuple[str, ...]) -> dict[str, Any]:
    _must(isinstance(told, dict), at, "is an object")
    for name in told:
        _must(name in names, f"{at}{_at(name)}", f"is none of {', '.join(names)}")
    return dict(told)


def _flag(at: str, told: dict[str, Any], name: str, default: bool) -> bool:
    value = told.get(name, default)
    _must(isinstance(value, bool), f"{at}/{name}", "is true or false")
    return bool(value)


def _must(good: bool, at: str, why: str) -> None:
    if not good:
        raise BadPolicy(at, why)


def _at(name: str) -> str:
    return "/" + str(name)[:100].replace("~", "~0").replace("/", "~1")


def _text(most: int) -> Callable[[Any], str]:
    return lambda value: "" if isinstance(value, str) and len(value) <= most else f"is text of at most {most} letters"


def _among(choices: list[str]) -> Callable[[Any], str]:
    return lambda value: "" if value in choices else f"is one of {', '.join(choices)}"


def _yes_or_no(value: Any) -> str:
    return "" if isinstance(value, bool) else "is true or false"


def _moment(value: Any) -> str:
    good = value is None or (isinstance(value, datetime) and value.tzinfo is not None and value.year in YEARS)
    return "" if good else f"is a time with its zone, from {YEARS.start} to {YEARS.stop - 1}"


def _zone(value: Any) -> str:
    return "" if zones.named(value or "UTC") else zones.WRONG


def _extras(value: Any) -> str:
    good = isinstance(value, dict) and len(json.dumps(value, default=str)) <= EXTRAS_BYTES
    return "" if good else f"is an object of at most {EXTRAS_BYTES} bytes"


CHECKS: dict[str, Callable[[Any], str]] = {
    "name": _text(100), "owner": _text(100), "type": _among(list(Policy.Type.values)), "enabled": _yes_or_no,
    "misfire": _among(list(Policy.Misfire.values)), "starts_at": _moment, "ends_at": _moment, "time_zone": _zone,
    "extras": _extras, "jobs": lambda value: "",
}  # fmt: skip
