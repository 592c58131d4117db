"""The demo's memories as rows: with their sessions, earlier versions and reviews, and what the ledger says of them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from config.demo import rhythm
from config.demo.rhythm import DAY, Month
from config.demo.talks import Pair, Said
from events.ledger import Past
from memory.models import Memory, Review, Session, Version
from memory.remember import give_hashes, thin

SOURCE = "demo"  # of sessions' metadata: by this the demo knows its own
PERSON = "person:mira"
STILL = timedelta(hours=6)  # after which a talk is over
KEPT = (
    "content", "kind", "role", "author", "user_id", "agent_id", "session_id", "namespace", "tags", "people", "topic",
    "source", "trust", "confidence", "event_time", "position",
)  # fmt: skip


def write(month: Month, everything: Sequence[Said], pairs: Sequence[Pair]) -> list[Past]:
    """Write all of it; its facts, in no order."""
    dice = month.dice("library")
    rows = _rows(everything)
    facts = [_fact(rhythm.key(dice, at), at, who, type, row, **data) for at, who, type, row, data in _told(rows)]
    Session.objects.bulk_create(_sessions(month, rows), batch_size=500)
    kept = [row for one, row in rows if not one.gone_at or one.gone_at > month.end - settings.UNDO_DAYS * DAY]
    Memory.objects.bulk_create(kept, batch_size=500)
    Version.objects.bulk_create(_versions(month, rows), batch_size=500)
    reviews = _reviews(month, pairs)
    Review.objects.bulk_create(reviews, batch_size=500)
    talks = {one.talk.session: one.talk for one in everything}
    return [*facts, *_opened(dice, talks.values()), *_asked(dice, reviews)]


def _rows(everything: Sequence[Said]) -> list[tuple[Said, Memory]]:
    places: Counter[str] = Counter()
    rows = []
    for one in sorted(everything, key=lambda one: one.at):
        places[one.talk.session] += 1
        rows.append((one, _row(one, places[one.talk.session])))
    return rows


def _row(one: Said, position: int) -> Memory:
    sentence, talk = one.sentence, one.talk
    row = Memory(
        id=one.id, content=one.text, kind=sentence.kind, role="user" if one.mine else "assistant",
        author=talk.name if one.mine else "", user_id=talk.user, agent_id=talk.agent, session_id=talk.session,
        namespace=talk.desk.name, tags=list(sentence.tags), topic=sentence.topic, source=one.source, trust=one.trust,
        people=[one.blanks["second"]] if "{second}" in sentence.text else [], importance=one.importance,
        importance_stated=one.changed_at is not None, confidence=one.confidence, event_time=one.at,
        created_at=one.at, updated_at=one.gone_at or one.changed_at or one.at, recalls=one.recalls,
        recalled_at=one.recalled_at, position=position, version=1 if one.changed_at is None else 2,
        state="deleted" if one.gone_at else "active", deleted_at=one.gone_at,
    )  # fmt: skip
    give_hashes(row, one.at.isoformat())
    return row


Told = tuple[datetime, str, str, Memory, dict[str, Any]]


def _told(rows: Sequence[tuple[Said, Memory]]) -> Iterator[Told]:
    """When, by whom, what, of which memory, and what else is said."""
    for one, row in rows:
        who = f"key:{one.talk.desk.service}"
        yield one.at, who, "memory.created", row, {"version": 1}
        if one.changed_at:
            yield one.changed_at, "task:rescore", "memory.updated", row, {"fields": ["importance"]}
        if one.gone_at:
            yield one.gone_at, PERSON, "memory.deleted", row, {}


def _fact(id: Any, at: datetime, who: str, type: str, row: Memory, **data: Any) -> Past:
    return Past(id, type, at, who, "memory", str(row.pk), thin(row) | data)


def _sessions(month: Month, rows: Sequence[tuple[Said, Memory]]) -> Iterator[Session]:
    last = {one.talk.session: (one.talk, row) for one, row in rows}
    for name, (talk, row) in last.items():
        over = row.event_time < month.end - STILL
        yield Session(
            id=talk.id, namespace=talk.desk.name, user_id=talk.user, session_id=name, agent_id=talk.agent,
            title=f"{talk.name} with {talk.agent}", metadata={"made_by": SOURCE}, last_position=row.position or 0,
            state="closed" if over else "open", created_at=talk.at, updated_at=row.event_time,
            closed_at=row.event_time if over else None,
        )  # fmt: skip


def _versions(month: Month, rows: Sequence[tuple[Said, Memory]]) -> Iterator[Version]:
    """What mattered less before."""
    dice = month.dice("versions")
    for one, row in rows:
        if one.changed_at:
            yield Version(
                **{name: getattr(row, name) for name in KEPT}, id=rhythm.key(dice, one.changed_at), memory_id=row.pk,
                importance=round(row.importance * 0.7, 3), version=1, since=one.at, until=one.changed_at,
                changed=["importance"], actor="task:rescore",
            )  # fmt: skip


def _reviews(month: Month, pairs: Sequence[Pair]) -> list[Review]:
    """The older half was decided the day after; the others wait."""
    dice, made = month.dice("reviews"), []
    for pair in sorted(pairs, key=lambda pair: pair.second.at):
        at = min((pair.second.at + DAY).replace(hour=3, minute=2), month.end - timedelta(minutes=1))
        at = max(at, pair.second.at)
        decided = at + timedelta(hours=7) if month.day(at) < 15 else None
        first, second = sorted([pair.first.id, pair.second.id])
        made.append(Review(
            id=rhythm.key(dice, at), kind=pair.kind, namespace=pair.first.talk.desk.name, user_id=pair.first.talk.user,
            first_id=first, second_id=second, score=pair.score, created_at=at,
            reason="they say the same" if pair.kind == "duplicate" else "they say the contrary of the same",
            state="kept_both" if decided else "open", decided_at=decided, decided_by=PERSON if decided else "",
            outcome={"decision": "keep_both"} if decided else {},
        ))  # fmt: skip
    return made


def _opened(dice: Any, talks: Any) -> Iterator[Past]:
    for talk in talks:
        data = {"namespace": talk.desk.name, "user_id": talk.user, "session_id": talk.session}
        at = talk.at - timedelta(milliseconds=1)
        yield Past(
            rhythm.key(dice, at), "session.opened", at, f"key:{talk.desk.service}", "session", str(talk.id), data
        )


def _asked(dice: Any, reviews: Sequence[Review]) -> Iterator[Past]:
    for row in reviews:
        told = {"kind": row.kind, "namespace": row.namespace, "user_id": row.user_id}
        at, about = row.created_at, ("review", str(row.pk))
        yield Past(rhythm.key(dice, at), "memory.review_required", at, "task:deduplicate", *about, told)
        if row.decided_at:
            told = told | {"decision": "keep_both"}
            yield Past(rhythm.key(dice, row.decided_at), "review.decided", row.decided_at, PERSON, *about, told)
