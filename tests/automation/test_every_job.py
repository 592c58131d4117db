"""Every job: its dry run changes nothing and says what the run does, and undoing gives all of it back."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from automation import jobs, runner
from automation.registry import JOBS
from memory.models import Memory, Question, Rule
from memory.relations import relate
from memory.remember import remember_many
from memory.types import Draft, Scope
from memory.upkeep import embed
from tenants.models import Tenant

assert jobs  # its import fills the catalogue
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SAID = [
    "Ada likes tea.", "Ada really likes tea.", "Ada does not like tea.", "Ada lives in Paris.", "Ada lives in Rome.",
    "The deploy runs every Friday at noon.", "Never book a flight before nine.", "Ben plays chess with Ada on Sundays.",
    "We talked about the garden. The roses need water twice a week. The shed was painted green in May.",
    "Ada wants to learn Greek before the summer.", "To restart the press, hold the red button for ten seconds.",
]  # fmt: skip


def drafts() -> st.SearchStrategy[Draft]:
    return st.builds(
        Draft,
        content=st.sampled_from(SAID),
        scope=st.builds(Scope, user_id=st.sampled_from(["ada", "ben"]), session_id=st.sampled_from(["", "s1"])),
        kind=st.sampled_from(Memory.Kind.values),
        importance=st.one_of(st.none(), st.floats(0, 1)),
        confidence=st.floats(0, 1),
        event_time=st.integers(0, 900).map(lambda days: NOW - timedelta(days=days)),
        expires_at=st.one_of(st.none(), st.integers(-3, 30).map(lambda days: NOW + timedelta(days=days))),
    )


@contextmanager
def library(told: list[Draft], odd: int) -> Iterator[None]:
    """A library with pins, recalls, deleted ones and relations, gone again at the end."""
    with transaction.atomic():
        remember_many(told, partial=True)
        embed.pending()
        rows = list(Memory.objects.order_by("id"))
        for place, memory in enumerate(rows):
            if (place + odd) % 5 == 0:
                Memory.objects.filter(pk=memory.pk).update(pinned=True)
            if (place + odd) % 4 == 0:
                Memory.objects.filter(pk=memory.pk).update(recalls=place, recalled_at=NOW)
            if (place + odd) % 7 == 0:
                gone = NOW - timedelta(days=place)
                Memory.objects.filter(pk=memory.pk).update(state="deleted", deleted_at=gone)
        live = list(Memory.objects.live().order_by("id"))
        for one, other in itertools.pairwise(live):
            relate(one.pk, other.pk, "supports")
        Memory.objects.update(created_at=NOW - timedelta(days=60))
        Question.objects.create(text="What does Ada like?", expected=[row.pk for row in rows[:2]])
        Rule.objects.create(name="old", retention_days=30, action="delete", kind="event")
        yield
        transaction.set_rollback(True)


def tables() -> dict[str, str]:
    """Each table of the tenant, whole, as a digest."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()")
        names = [name for (name,) in cursor.fetchall() if name.startswith("memory_")]
        found = {}
        for name in names:
            cursor.execute(f"SELECT md5(coalesce(string_agg(t::text, chr(10) ORDER BY t::text), '')) FROM \"{name}\" t")  # noqa: S608
            found[name] = cursor.fetchone()[0]
    return found


# Numbers of versions go up for good; a report is of its time.
COUNTING = {"memory_memory": ["version", "updated_at"], "memory_relation": []}


def said() -> dict[str, Any]:
    """What memories and relations say, byte for byte."""
    found = {}
    with connection.cursor() as cursor:
        for name, left_out in COUNTING.items():
            cursor.execute(f"SELECT (to_jsonb(t) - %s::text[])::text FROM {name} t ORDER BY id", [left_out])  # noqa: S608
            found[name] = [row for (row,) in cursor.fetchall()]
    return found


EXAMPLES = settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
TOLD = st.lists(drafts(), min_size=1, max_size=14)


@pytest.mark.parametrize("name", sorted(JOBS))
@EXAMPLES
@given(told=TOLD, odd=st.integers(0, 6))
def test_a_dry_run_changes_nothing_and_is_what_the_run_then_does(
    in_acme: Tenant, name: str, told: list[Draft], odd: int
) -> None:
    with library(told, odd):
        before = tables()
        dry = runner.run_now(name, dry_run=True, now=NOW)
        assert tables() == before
        real = runner.run_now(name, now=NOW)
        assert dry
        assert real
        assert (dry.state, real.state, real.error) == ("succeeded", "succeeded", "")
        assert (real.result["skipped"], real.result["counts"]) == (0, dry.result["counts"])
        again = {key: value for key, value in real.result.items() if key not in ("skipped",)}
        assert again == {key: dry.result[key] for key in again}


@pytest.mark.parametrize("name", sorted(name for name, job in JOBS.items() if job.undoable))
@EXAMPLES
@given(told=TOLD, odd=st.integers(0, 6))
def test_undoing_gives_back_what_was_there_byte_for_byte(
    in_acme: Tenant, name: str, told: list[Draft], odd: int
) -> None:
    with library(told, odd):
        before = said()
        real = runner.run_now(name, now=NOW)
        assert real
        if not real.done:
            return
        undoing = runner.undo(real.pk, here=True)
        assert undoing
        assert undoing.result["counts"]["kept"] == 0
        assert said() == before


@pytest.mark.parametrize("name", sorted(JOBS))
def test_each_job_says_what_it_is_and_what_it_can_be_told(name: str) -> None:
    job = JOBS[name]
    assert job.label
    assert job.says.endswith(".")
    assert job.options()
