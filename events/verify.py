"""Checking a chain: whether the numbered facts are still what was chained, and the anchors still on it."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from events import chain
from events.models import PLATFORM, Anchor, Event, Stream

PAGE = 5000
SAYS = {
    "missing": "a fact is missing here",
    "changed": "this fact is not what was chained: it or its place was changed",
    "unchained": "this fact has lost its hash",
    "head": "the chain does not end as it was left: facts are missing at the end, or were put there",
    "anchor": "an anchor does not agree with the chain, or its seal is not ours",
}


@dataclass(frozen=True)
class Verdict:
    """What a stretch of a chain is worth: facts `since` + 1 to `to` were checked, `total` is the last one chained.

    A broken one has a `reason` of SAYS, and the `seq` at which it shows.
    """

    since: int
    to: int
    total: int
    reason: str = ""
    seq: int | None = None

    @property
    def intact(self) -> bool:
        return not self.reason

    @property
    def complete(self) -> bool:
        return self.intact and self.to >= self.total


def verify(tenant_id: UUID | None, since: int = 0, limit: int = PAGE) -> Verdict:
    """Check up to `limit` facts after number `since`, whose own hash is taken as it stands. None: the platform's."""
    # Anchors first: read after the stream, one could be newer than the end that we know.
    anchors = list(Anchor.objects.filter(tenant_id=tenant_id or PLATFORM, seq__gt=since).order_by("seq"))
    stream = _stream(tenant_id)
    before, start = _before(tenant_id, since), Verdict(since, since, stream.chained_seq)
    if before is None:
        return _broken(start, since, "missing")
    rows = list(_chained(tenant_id, stream).filter(seq__gt=since).order_by("seq")[:limit])
    verdict = _walked(start, rows, before)
    if verdict.intact and (seq := _loose(anchors, verdict, rows)):
        return _broken(verdict, seq, "anchor")
    if verdict.intact and (not rows or verdict.to == verdict.total) and not _ends(tenant_id, stream, verdict, rows):
        return _broken(verdict, verdict.to + 1, "head")
    return verdict


def verify_all(tenant_id: UUID | None, since: int = 0) -> Verdict:
    """As `verify`, page by page to the end."""
    verdict = verify(tenant_id, since)
    while verdict.intact and not verdict.complete:
        verdict = verify(tenant_id, verdict.to)
    return verdict


def held(tenant_id: UUID | None, seq: int, hash: str) -> bool:
    """Whether the chain has this hash at this number: for a head that somebody kept."""
    found = _before(tenant_id, seq)
    return found is not None and hmac.compare_digest(found, hash.lower())


def end(tenant_id: UUID | None) -> tuple[int, str]:
    """The number and the hash of the last chained fact; 0 and zeros before the first."""
    stream = _stream(tenant_id)
    return stream.chained_seq, stream.head or chain.BEGINNING


def anchor(tenant_id: UUID | None) -> Anchor | None:
    """Seal the present head; None when it is sealed or there is none."""
    stream = _stream(tenant_id)
    if not stream.head:
        return None
    seal = _seals(stream.tenant_id, stream.chained_seq, stream.head)[0]
    told = {"hash": stream.head, "seal": seal, "made_at": timezone.now()}
    made, created = Anchor.objects.get_or_create(tenant_id=stream.tenant_id, seq=stream.chained_seq, defaults=told)
    return made if created else None


def _walked(start: Verdict, rows: Sequence[Event], before: str) -> Verdict:
    for expected, event in enumerate(rows, start=start.since + 1):
        if event.seq != expected:
            return _broken(start, expected, "missing")
        if event.hash is None:
            return _broken(start, expected, "unchained")
        before = chain.of(event, before)
        if before != event.hash:
            return _broken(start, expected, "changed")
    return Verdict(start.since, start.since + len(rows), start.total)


def _loose(anchors: Sequence[Anchor], verdict: Verdict, rows: Sequence[Event]) -> int | None:
    """The number of the first anchor in this stretch that does not hold; one beyond the chain's end never does."""
    hashes = {event.seq: event.hash for event in rows}
    for made in anchors:
        if verdict.to < made.seq <= verdict.total:
            return None
        if hashes.get(made.seq) != made.hash or made.seal not in _seals(made.tenant_id, made.seq, made.hash):
            return made.seq
    return None


def _ends(tenant_id: UUID | None, stream: Stream, verdict: Verdict, rows: Sequence[Event]) -> bool:
    last = rows[-1].hash if rows else _before(tenant_id, verdict.to)
    as_left = verdict.to >= verdict.total and last == (stream.head or chain.BEGINNING)
    return as_left and not _beyond(tenant_id)


def _beyond(tenant_id: UUID | None) -> bool:
    """Whether facts have numbers that were never given; one statement, for the relay goes on meanwhile."""
    given = Stream.objects.filter(tenant_id=tenant_id or PLATFORM).values("last_seq")
    return Event.objects.filter(tenant_id=tenant_id, seq__gt=Coalesce(Subquery(given), 0)).exists()


def _before(tenant_id: UUID | None, seq: int) -> str | None:
    """The hash of the fact with this number, in hex; None when there is no such fact."""
    if seq == 0:
        return chain.BEGINNING
    return Event.objects.filter(tenant_id=tenant_id, seq=seq).values_list("hash", flat=True).first()


def _chained(tenant_id: UUID | None, stream: Stream) -> QuerySet[Event]:
    return Event.objects.filter(tenant_id=tenant_id, seq__lte=stream.chained_seq)


def _stream(tenant_id: UUID | None) -> Stream:
    key = tenant_id or PLATFORM
    return Stream.objects.filter(tenant_id=key).first() or Stream(tenant_id=key)


def _broken(verdict: Verdict, seq: int, reason: str) -> Verdict:
    return Verdict(verdict.since, max(seq - 1, verdict.since), verdict.total, reason, seq)


def _seals(key: UUID, seq: int, hash: str) -> list[str]:
    """The seal by each of our keys, the one that seals first."""
    words = f"memhouse.anchor:{key}:{seq}:{hash}".encode()
    return [hmac.new(secret.encode(), words, sha256).hexdigest() for secret in settings.DATA_KEYS]
