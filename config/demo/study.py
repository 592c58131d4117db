"""The demo's learning history, tracked events and counts as rows, and what the ledger says of them."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from analytics import counts, lessons, snapshots
from analytics.algorithms import histograms
from analytics.counts import Cell
from analytics.models import LearningEvent, TrackedEvent
from analytics.types import Lesson
from config.demo import rhythm
from config.demo.lessons import Learned
from config.demo.rhythm import Month
from config.demo.stock import held
from config.demo.talks import Said
from config.demo.traffic import Counted, Tracked
from events.ledger import Past

TIMED = ("searches", "requests")  # measured in milliseconds
AT_ONCE = 4_000  # cells of one statement


def learn(month: Month, history: Sequence[Learned]) -> list[Past]:
    """Write the learning history; its facts, in no order."""
    rows = [_event(one) for one in history]
    LearningEvent.objects.bulk_create(rows, batch_size=500)
    return list(_facts(month, history))


def _event(one: Learned) -> LearningEvent:
    talk = one.talk
    lesson = Lesson(
        type=one.type, domain=talk.desk.name, service=talk.desk.service, agent=talk.agent, user_id=talk.user,
        session_id=talk.session, occurred_at=one.at, **one.lesson,
    )  # fmt: skip
    row = lessons.row(lesson, one.at)
    row.id, row.judged_at = one.id, one.judged_at
    row.correct, row.improved, row.rating, row.explanation = one.correct, one.improved, one.rating, one.explanation
    return row


def _facts(month: Month, history: Sequence[Learned]) -> Iterator[Past]:
    dice = month.dice("learning facts")
    for one in history:
        desk = one.talk.desk
        told = {"kind": one.type, "namespace": desk.name, "service": desk.service, "at": one.at.isoformat()}
        about = ("learningevent", str(one.id), told)
        yield Past(rhythm.key(dice, one.at), "learning.recorded", one.at, f"key:{desk.service}", *about)
        if one.judged_at:
            yield Past(rhythm.key(dice, one.judged_at), "learning.judged", one.judged_at, "person:mira", *about)


def track(history: Sequence[Tracked]) -> None:
    TrackedEvent.objects.bulk_create(
        [
            TrackedEvent(
                id=one.id, name=one.name, domain=one.talk.desk.name, service=one.talk.desk.service,
                agent=one.talk.agent, user_id=one.talk.user, data=one.data, occurred_at=one.at, recorded_at=one.at,
            )
            for one in history
        ],
        batch_size=500,
    )  # fmt: skip


def count(told: Iterable[Counted]) -> None:
    """What is counted while it happens, and from no table."""
    cells = (_cell(one) for one in told)
    while batch := list(islice(cells, AT_ONCE)):
        counts.add(batch)


def stock(month: Month, everything: Sequence[Said]) -> None:
    """Snapshots of how much there was."""
    for hour, told in held(month, everything, snapshots.AGES, snapshots.OLDER):
        cells = [
            Cell(metric, hour, kind=kind, domain=domain, n=n, total=n, least=n, most=n)
            for (metric, kind, domain), n in told.items()
        ]
        counts.rewrite(snapshots.METRICS, hour, cells)


def _cell(one: Counted) -> Cell:
    timed = one.metric in TIMED
    return Cell(
        one.metric, one.hour, one.kind, one.domain, n=len(one.values),
        total=sum(one.values) if timed else 0.0,
        least=min(one.values) if timed else None,
        most=max(one.values) if timed else None,
        buckets=histograms.of(one.values) if timed else (),
    )  # fmt: skip
