"""Forgetting: every memory is scored, and what is worth little is decayed, silenced, compressed or deleted."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from itertools import pairwise
from operator import add
from typing import Any

from django.db.models import Case, Expression, ExpressionWrapper, F, FloatField, Value, When
from django.db.models.functions import Cast, Extract, Greatest, Least, Ln, Power

from memory.algorithms import forgetting, shortening
from memory.algorithms.forgetting import Thresholds, Weighed
from memory.errors import BadOption
from memory.models import Memory
from memory.upkeep import dependents, marks, slices
from memory.upkeep.options import option
from memory.upkeep.plan import Change, Reach, Touch

READ = ("kind", "content", "importance", "confidence", "event_time", "recalls", "metadata", "tier", "version")
DAY = 86_400
# PostgreSQL refuses to multiply to less than a double holds; so much is nothing to a score.
LEAST, HALVES = 1e-9, 100.0


@dataclass(frozen=True)
class Options:
    keep: float = option(0.7, "from this score on a memory is kept", least=0, most=1)
    decay: float = option(0.5, "from this score on its confidence falls", least=0, most=1)
    silence: float = option(0.3, "from this score on it is silenced", least=0, most=1)
    compress: float = option(0.1, "from this score on one sentence is left of it; below it is deleted", least=0, most=1)
    protected: str = option(",".join(forgetting.PROTECTED), "kinds that are only kept or decayed, with commas between")
    half_life_days: float = option(forgetting.HALF_LIFE_DAYS, "how fast recency fades", least=0.1, most=36_500)
    decay_by: float = option(0.1, "what a decay takes off the confidence", least=0.01, most=1)
    decay_floor: float = option(0.05, "below this confidence nothing decays", least=0, most=1)
    rest_days: float = option(1.0, "so long after a decay there is no other one", least=0, most=36_500)
    characters: int = option(160, "how long the one sentence may be", least=20, most=1_000)
    most: int = option(5_000, "memories that are looked at, those worth least first", least=1, most=100_000)

    def __post_init__(self) -> None:
        """Raises BadOption for thresholds that do not fall, and for kinds that there are not."""
        for higher, lower in pairwise(("keep", "decay", "silence", "compress")):
            if getattr(self, lower) > getattr(self, higher):
                raise BadOption(f"/{lower}", f"is above {higher}")
        if unknown := set(self.kinds()) - set(Memory.Kind.values):
            raise BadOption("/protected", f"names {min(unknown)!r:.40}, which is no kind")

    def kinds(self) -> tuple[str, ...]:
        return tuple(kind.strip() for kind in self.protected.split(",") if kind.strip())

    def thresholds(self) -> Thresholds:
        return Thresholds(self.keep, self.decay, self.silence, self.compress)


def plan(reach: Reach, options: Options, now: datetime) -> Iterator[Change]:
    """Score every memory, and decay, silence, compress or delete what is worth little."""
    thresholds, kinds = options.thresholds(), options.kinds()
    ids = slices.chosen(reach.rows().movable(), [_worth(options, now)], options.most)
    hanging = dependents.counted(ids)
    for memory in slices.read(ids, only=READ):
        weighed = weigh(memory, hanging.get(memory.pk, 0), now)
        parts = forgetting.parts(weighed, options.half_life_days)
        score = forgetting.score(parts)
        action, why = forgetting.action(score, weighed, thresholds, kinds)
        yield _change(memory, action, options, now, {"score": score, "parts": parts, "why": why})


def weigh(memory: Memory, hanging: int, now: datetime) -> Weighed:
    """What the score reads, of a memory on which `hanging` others hang."""
    age = (now - memory.event_time).total_seconds() / DAY
    return Weighed(memory.kind, memory.importance, memory.confidence, age, memory.recalls, hanging)


def _worth(options: Options, now: datetime) -> Expression:
    """The score without what one row cannot tell, to look at those first that are worth least."""
    # As floats: PostgreSQL counts seconds in decimals, whose powers and logarithms take many times as long.
    days = Cast(Extract(Value(now) - F("event_time"), "epoch"), FloatField()) / Value(DAY * options.half_life_days)
    recency = Power(Value(0.5), Least(Greatest(days, Value(0.0)), Value(HALVES)), output_field=FloatField())
    recalls = Cast(F("recalls") + 1, FloatField())
    frequency = Least(Ln(recalls) / Value(math.log(10)), Value(1.0), output_field=FloatField())
    bonus: Expression = Case(
        *(When(kind=kind, then=Value(worth)) for kind, worth in forgetting.TYPE.items()),
        default=Value(forgetting.OTHER_TYPE),
    )
    told: dict[str, Any] = {name: Greatest(F(name), Value(LEAST)) for name in ("importance", "confidence")}
    told |= {"recency": recency, "frequency": frequency, "type": bonus}
    parts: list[Any] = [Value(forgetting.WEIGHTS[name]) * part for name, part in told.items()]
    return ExpressionWrapper(reduce(add, parts), output_field=FloatField())


Deed = Callable[[Memory, Options, datetime], dict[str, Any]]


def _change(memory: Memory, action: str, options: Options, now: datetime, told: dict[str, Any]) -> Change:
    """What is done with one memory. Where that cannot be done now, the gentlest deed that can."""
    if action == forgetting.COMPRESS and memory.tier != Memory.Tier.WARM:
        action, told["why"] = forgetting.SILENCE, "its words are in cold storage"
    if action == forgetting.DECAY and (why := _rests(memory, options, now)):
        action, told["why"] = forgetting.KEEP, why
    if action == forgetting.KEEP:
        return Change(action, memory.pk, effect="", **told)
    fields = DEEDS[action](memory, options, now)
    return Change(action, memory.pk, touches=(Touch(memory.pk, memory.version, fields),), **told)


def _rests(memory: Memory, options: Options, now: datetime) -> str:
    """Why a memory is not decayed now; empty when it is."""
    if _fainter(memory, options) == memory.confidence:
        return "its confidence is at the floor"
    last = marks.moment(marks.of(memory).get("last_decay"))
    if last and (now - last).total_seconds() < options.rest_days * DAY:
        return "it decayed a short while ago"
    return ""


def _fainter(memory: Memory, options: Options) -> float:
    return forgetting.decayed(memory.confidence, options.decay_by, options.decay_floor)


def _decay(memory: Memory, options: Options, now: datetime) -> dict[str, Any]:
    marked = marks.added(memory, last_decay=now.isoformat())
    return {"confidence": _fainter(memory, options), "metadata": marked}


def _silence(memory: Memory, options: Options, now: datetime) -> dict[str, Any]:
    return {"state": "silent", "metadata": marks.added(memory, silenced_at=now.isoformat())}


def _compress(memory: Memory, options: Options, now: datetime) -> dict[str, Any]:
    marked = marks.added(memory, compressed_at=now.isoformat(), original_length=len(memory.content))
    sentence = shortening.best_sentence(memory.content, options.characters)
    return {"state": "compressed", "content": sentence, "metadata": marked}


def _delete(memory: Memory, options: Options, now: datetime) -> dict[str, Any]:
    return {"state": "deleted"}


DEEDS: dict[str, Deed] = {
    forgetting.DECAY: _decay,
    forgetting.SILENCE: _silence,
    forgetting.COMPRESS: _compress,
    forgetting.DELETE: _delete,
}
