"""Rows narrowed by time words."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from memory.algorithms import temporal
from memory.errors import BadTime
from memory.models import Memory
from memory.remember import remember_many
from memory.types import Draft
from memory.when import narrow
from tenants.models import Tenant

NOW = datetime(2026, 11, 21, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "words", ["yesterday", "last week", "weekends", "morning", "q4", "friday afternoons", "yesterday evening", "2026"]
)
@pytest.mark.parametrize("zone", ["UTC", "America/Los_Angeles", "Asia/Kolkata"])
def test_the_database_selects_what_the_words_mean(in_acme: Tenant, words: str, zone: str) -> None:
    times = [NOW - timedelta(hours=3 * step) for step in range(280)]
    remember_many([Draft(f"at {time}", event_time=time) for time in times])
    when = temporal.read(words, NOW.astimezone(ZoneInfo(zone)))
    assert when
    found = narrow(Memory.objects.all(), words, zone, NOW).values_list("event_time", flat=True)
    assert sorted(found) == sorted(time for time in times if temporal.in_zone(when, time, ZoneInfo(zone)))
    assert found


@pytest.mark.parametrize(("words", "zone", "at"), [("blah", "UTC", "/when"), ("today", "Mars/Olympus", "/timezone")])
def test_what_is_not_understood_is_an_error_with_a_pointer(in_acme: Tenant, words: str, zone: str, at: str) -> None:
    with pytest.raises(BadTime) as error:
        narrow(Memory.objects.all(), words, zone, timezone.now())
    assert error.value.pointer == at
