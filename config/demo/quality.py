"""The demo's evaluations, a night each: what was answered well, and the two nights on which a hungry policy took it.

The golden questions are really asked here, once as the library is and once with some of what they expect silenced.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from config.demo import questions, rhythm, upkeep
from config.demo.questions import Golden
from config.demo.rhythm import Month
from events.ledger import Past
from memory import blame, measuring
from memory.algorithms import judging
from memory.algorithms.judging import Judged
from memory.models import Evaluation, Memory, Question
from memory.remember import thin

SILENCED = 7  # golden questions that lost what they expect
TOLERANCE = 0.01
LATER = timedelta(minutes=20)  # than the health report


@dataclass(frozen=True)
class Answers:
    """How the questions are answered, by their ids: as they should be, and on the hungry nights."""

    good: Mapping[str, Judged]
    hungry: Mapping[str, Judged]
    fates: Mapping[str, Any]  # of memories, on those nights


def evaluate(month: Month, golden: Sequence[Golden]) -> list[Past]:
    """Write an evaluation for each night on which there was a question; their facts, and of what was silenced."""
    dice = month.dice("quality")
    lost = [one.expected[0] for one in dice.sample(list(golden), min(SILENCED, len(golden)))]
    answers = _asked(lost)
    rows: list[Evaluation] = []
    for night in questions.nights(month):
        at = night + LATER
        if there := [one for one in golden if one.at < at < month.end]:
            rows.append(_row(month, at, there, answers, rows[-1] if rows else None))
    Evaluation.objects.bulk_create(rows)
    facts = [fact for row in rows for fact in _facts(month, row)]
    return [*facts, *_silenced(month, lost)]


def _asked(lost: Sequence[UUID]) -> Answers:
    asked = list(Question.objects.exclude(expected=[]))
    good = measuring.measure(asked).by_key()
    with transaction.atomic():
        Memory.objects.filter(pk__in=lost).update(state=Memory.State.SILENT)
        hungry = measuring.measure(asked).by_key()
        fates = blame.fates([str(one) for one in lost], None)
        transaction.set_rollback(True)
    return Answers(good, hungry, fates)


def _is_hungry(month: Month, at: datetime) -> bool:
    return upkeep.HUNGRY < month.day(at) < upkeep.RIGHT


def _row(
    month: Month, at: datetime, there: Sequence[Golden], answers: Answers, before: Evaluation | None
) -> Evaluation:
    dice = month.dice(f"evaluation {at}")
    chosen = answers.hungry if _is_hungry(month, at) else answers.good
    slower = (1 + 0.35 * month.day(at) / rhythm.DAYS) * dice.uniform(0.9, 1.15)
    judged = [replace(chosen[str(one.id)], ms=round(chosen[str(one.id)].ms * slower, 2)) for one in there]
    figures = judging.figures(judged)
    assert figures
    told = {
        "questions": figures.n, "unasked": 0, "degraded": False, "at": figures.at,
        "kinds": {kind: asdict(one) for kind, one in judging.by_kind(judged).items()},
        "lines": [asdict(line) for line in judged], "setup": measuring.setup(),
        **{name: getattr(figures, name) for name in ("recall", "mrr", "ndcg", "p50_ms", "p95_ms")},
        **_since(at, {line.key: line for line in judged}, answers, before), "namespace": "", "user_id": "",
    }  # fmt: skip
    columns = ("questions", "recall", "mrr", "ndcg", "p50_ms", "p95_ms", "regressed")
    return Evaluation(
        id=rhythm.key(dice, at), told=told, created_at=at, **{name: told[name] for name in columns}
    )  # fmt: skip


def _since(at: datetime, now: dict[str, Judged], answers: Answers, before: Evaluation | None) -> dict[str, Any]:
    if before is None:
        return {"regressed": False, "before": None, "against": None, "worse": [], "changes": []}
    was = {line["key"]: Judged(**line) for line in before.told["lines"]}
    against = judging.against(now, was)
    worse = [_worse(key, now[key], was[key], answers) for key in judging.worse(now, was)]
    return {
        "regressed": bool(against and against.fell(TOLERANCE)), "before": str(before.pk),
        "against": asdict(against) if against else None, "worse": worse,
        "changes": blame.since(before.created_at, at),
    }  # fmt: skip


def _worse(key: str, now: Judged, was: Judged, answers: Answers) -> dict[str, Any]:
    lost = [one for one in now.missing if one not in was.missing]
    return {
        "question": key, "recall": now.recall, "recall_was": was.recall, "reciprocal": now.reciprocal,
        "reciprocal_was": was.reciprocal, "lost": [{"memory": one} | answers.fates[one] for one in lost],
    }  # fmt: skip


def _facts(month: Month, row: Evaluation) -> list[Past]:
    dice = month.dice(f"evaluation facts {row.created_at}")
    shown = {"questions": row.questions, "recall": round(row.recall, 4), "mrr": round(row.mrr, 4)}
    told: list[tuple[str, dict[str, Any]]] = [("evaluation.completed", shown)]
    if row.regressed:
        against = row.told["against"]
        was = {"recall_was": round(against["recall_was"], 4), "mrr_was": round(against["mrr_was"], 4)}
        told.append(("evaluation.regressed", shown | was | {"worse": len(row.told["worse"])}))
    return [
        Past(
            rhythm.key(dice, row.created_at), type, row.created_at, "task:evaluate", "evaluation", str(row.pk),
            {"namespace": "", "user_id": "", **data},
        )
        for type, data in told
    ]  # fmt: skip


def _silenced(month: Month, lost: Sequence[UUID]) -> list[Past]:
    """The hungry policy's first night silenced them, and when it was put right they came back."""
    dice, rows = month.dice("silenced"), Memory.objects.filter(pk__in=lost).order_by("id")
    night = min(at for at in questions.nights(month) if _is_hungry(month, at)) - timedelta(minutes=15)
    back = month.begin + timedelta(days=upkeep.RIGHT, minutes=4)
    return [
        Past(rhythm.key(dice, at), type, at, who, "memory", str(row.pk), thin(row))
        for row in rows
        for type, at, who in (
            ("memory.silenced", night, "task:forget"), ("memory.restored", back, upkeep.PERSON),
        )
    ]  # fmt: skip
