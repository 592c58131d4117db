"""Time words as a filter of rows."""

from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.db.models.functions import ExtractHour, ExtractIsoWeekDay, ExtractMonth

from memory.algorithms import temporal
from memory.errors import BadTime
from memory.models.said import SaidQuerySet
from tenants import preferences, zones

Rows = TypeVar("Rows", bound=SaidQuerySet[Any])


def zone_of(name: str) -> ZoneInfo:
    """An IANA time zone; the tenant's own for an empty name. Raises BadTime."""
    zone = zones.named(name or preferences.current().time_zone)
    if zone is None:
        raise BadTime("/timezone", zones.WRONG)
    return zone


def narrow(rows: Rows, words: str, timezone: str, now: datetime) -> Rows:
    """Rows whose event_time is in what the words say, as one in that zone would mean them. Raises BadTime."""
    zone = zone_of(timezone)
    when = temporal.read(words, now.astimezone(zone))
    if when is None:
        raise BadTime("/when", "is not understood as a time")
    spans = Q()
    for first, last in when.spans:
        spans |= Q(event_time__gte=first, event_time__lt=last)
    rows = rows.filter(spans)
    if when.months:
        rows = rows.alias(_month=ExtractMonth("event_time", tzinfo=zone)).filter(_month__in=when.months)
    if when.weekdays:
        rows = rows.alias(_weekday=ExtractIsoWeekDay("event_time", tzinfo=zone)).filter(_weekday__in=when.weekdays)
    if when.hours:
        rows = rows.alias(_hour=ExtractHour("event_time", tzinfo=zone)).filter(_hour__in=when.hours)
    return rows
