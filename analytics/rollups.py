"""Rollups: hours in which something happened are counted anew, as often as a tick finds some.

What is new is found by the numbers of the ledger. One transaction marks the hours of the next facts and moves the
number on. A fact about a learning or a tracked event says when that was, which may be long ago, and marks that hour.
One more transaction takes the marks of an hour away and writes its counts anew. So a rollup may be killed anywhere and
is gone on with, and what is counted twice counts once. Who deletes rows that are counted marks their hours, by `mark`,
in the transaction that deletes.
"""

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import TruncHour
from django.utils import timezone

from analytics import counts
from analytics.counting import SOURCES
from analytics.counts import Span, hour_of
from analytics.models import Count, DirtyHour, Progress
from events import feed, ledger
from events.models import Event
from tenants import bounds

LOOK = 10_000  # facts of one transaction
Marks = set[tuple[datetime, str]]
_BY_SUBJECT = {str(of.rows._meta.model_name): name for name, of in SOURCES.items() if of.rows}


def mark(source: str, times: Iterable[datetime]) -> None:
    """Let the hours of these times be counted anew of a source, one of counting.SOURCES.

    In the transaction that deletes or moves what was counted there; what was written with a fact is found by the fact.
    """
    hours = sorted({hour_of(at) for at in times})
    DirtyHour.objects.bulk_create([DirtyHour(hour=hour, source=source) for hour in hours])


def run(seconds: float = 50.0) -> int:
    """Count what is to be counted, for about so long, the newest hours first; how many hours were written."""
    until, done = time.monotonic() + seconds, 0
    with bounds.bound_to(()):  # a count is one of all that there is
        while _notice() and time.monotonic() < until:
            pass
        while time.monotonic() < until:
            if not _count_next():
                Progress.objects.filter(pk=1).update(rolled_at=timezone.now())
                break
            done += 1
    return done


@transaction.atomic
def recount(span: Span | None = None) -> int:
    """Mark every hour of a span, or of all times, where something happened or was counted; how many. `run` counts them.

    One statement over the ledger, by its ids, and two of each table of the study.
    """
    marked: Marks = set()
    for source, of in SOURCES.items():
        rows = of.rows.objects.all() if of.rows else feed.of_reader(_tenant(), ())
        rows = (
            rows.filter(**_in("occurred_at", span)) if of.rows else feed.told_between(rows, *_ends(span))
        ).order_by()
        there = rows.annotate(hour=TruncHour("occurred_at", tzinfo=UTC)).values_list("hour", flat=True)
        counted = Count.objects.filter(metric__in=of.metrics, **_in("hour", span)).order_by()
        hours = {*there.distinct(), *counted.values_list("hour", flat=True).distinct()}
        marked |= {(hour, source) for hour in hours}
        mark(source, hours)
    return len({hour for hour, _ in marked})


def _ends(span: Span | None) -> tuple[datetime | None, datetime | None]:
    return (span.begin, span.end) if span else (None, None)


def _in(name: str, span: Span | None) -> dict[str, datetime]:
    return {f"{name}__gte": span.begin, f"{name}__lt": span.end} if span else {}


def rolled_at() -> datetime | None:
    """When the counts last stood for all that was told; None: never yet."""
    return Progress.objects.filter(pk=1).values_list("rolled_at", flat=True).first()


def state() -> dict[str, object]:
    """How far the counts stand for what happened: {rolled_at, facts_behind, hours_waiting}."""
    row = Progress.objects.filter(pk=1).first() or Progress()
    return {
        "rolled_at": row.rolled_at,
        "facts_behind": feed.last_seq(_tenant()) - row.seq,
        "hours_waiting": DirtyHour.objects.values("hour").distinct().count(),
    }


def stale(source: str) -> set[datetime] | None:
    """The hours for which the counts of a source do not stand: marked ones, and those of facts not looked at yet.

    None: the rollup is so far behind that nobody knows. Three statements. Counts that are read after it stand, for each
    other hour, for what there was when this was asked, or for more.
    """
    seq = Progress.objects.filter(pk=1).values_list("seq", flat=True).first() or 0
    name = next(name for name, of in _BY_SUBJECT.items() if of == source)
    facts = Event.objects.filter(Q(seq__gt=seq) | Q(seq=None), tenant_id=_tenant()).order_by()
    told = list(facts.values_list("subject_type", "data__at")[: LOOK + 1])
    if len(told) > LOOK:
        return None
    marked = set(DirtyHour.objects.filter(source=source).values_list("hour", flat=True).distinct())
    return marked | {hour_of(datetime.fromisoformat(at)) for type, at in told if at and type == name}


def progress() -> Progress:
    """The tenant's row, locked until the transaction ends."""
    return Progress.objects.select_for_update().get_or_create(pk=1)[0]


@transaction.atomic
def _notice() -> bool:
    """Mark the hours of the next facts; whether there were any."""
    row = progress()
    facts = Event.objects.filter(tenant_id=_tenant(), seq__gt=row.seq, seq__lte=row.seq + LOOK)
    last = facts.order_by("-seq").values_list("seq", flat=True).first()
    if last is None:
        return False
    marks = sorted(_hours_of(facts))
    DirtyHour.objects.bulk_create([DirtyHour(hour=hour, source=source) for hour, source in marks])
    Progress.objects.filter(pk=1).update(seq=last)
    return True


def _hours_of(facts: QuerySet[Event]) -> Marks:
    """When facts were told and, of one about what is counted by a time of its own, that time: its `at`."""
    told = facts.order_by().values_list("occurred_at", "subject_type", "data__at")
    marks: Marks = set()
    for at, type, own in told.iterator():
        marks.add((hour_of(at), "ledger"))
        if own and type in _BY_SUBJECT:
            marks.add((hour_of(datetime.fromisoformat(own)), _BY_SUBJECT[type]))
    return marks


@transaction.atomic
def _count_next() -> bool:
    """Count the newest hour that is marked; whether there was one."""
    row = progress()
    hour = DirtyHour.objects.order_by("-hour").values_list("hour", flat=True).first()
    if hour is None:
        return False
    # The marks go before anything is counted: who marks from now on is seen next time.
    marks = DirtyHour.objects.filter(hour=hour)
    keys = list(marks.values_list("pk", "source"))
    marks.filter(pk__in=[key for key, _ in keys]).delete()
    for source in sorted({source for _, source in keys}):
        of = SOURCES[source]
        counts.rewrite(of.metrics, hour, of.count(hour, row.seq))
    return True


def _tenant() -> UUID:
    tenant = ledger.current_tenant_id()
    assert tenant, "counts are those of a tenant"
    return tenant
