"""How the demo's house looked at itself: health reports night by night, golden questions, and traces of searches.

Reports are made by the same code as any other, of what was there on each night. A trace tells the stages, scores and
hits of a search that is really made here, with the time that it took in the story.
"""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from analytics import tracing
from analytics.models import Trace
from analytics.tracing import Kept
from config.demo import questions, rhythm, traffic
from config.demo.questions import Asked, Golden
from config.demo.rhythm import Month
from config.demo.words import DESKS
from events import actors
from events.ledger import Past
from memory.models import Question, Report
from memory.recall import look
from memory.types import Query, Scope
from memory.upkeep import health
from memory.upkeep.plan import EVERYBODY

ANSWERS = 10


def report(month: Month) -> list[Past]:
    """Write a health report for each night; their facts."""
    dice, rows = month.dice("reports"), []
    for at in questions.nights(month):
        told = health.report(EVERYBODY, at)
        score, status = told["overall_score"], told["status"]
        rows.append(Report(id=rhythm.key(dice, at), overall=score, status=status, told=told, created_at=at))
    Report.objects.bulk_create(rows)
    return [_reported(dice, row) for row in rows]


def _reported(dice: Any, row: Report) -> Past:
    told = {"namespace": "", "user_id": "", "score": row.overall, "status": row.status}
    key = rhythm.key(dice, row.created_at)
    return Past(key, "health.reported", row.created_at, "task:health_check", "report", str(row.pk), told)


def ask(month: Month, golden: Sequence[Golden]) -> list[Past]:
    """Write the golden questions; their facts."""
    dice = month.dice("question facts")
    rows = [
        Question(
            id=one.id, text=one.text, namespace=one.domain, user_id=one.user, limit=ANSWERS,
            expected=list(one.expected), created_at=one.at, updated_at=one.at,
        )
        for one in golden
    ]  # fmt: skip
    Question.objects.bulk_create(rows)
    return [
        Past(
            rhythm.key(dice, row.created_at), "question.saved", row.created_at, "person:mira", "question", str(row.pk),
            {"expected": len(row.expected)},
        )
        for row in rows
    ]  # fmt: skip


def trace(searched: Sequence[Asked]) -> None:
    """Write a trace of each search."""
    Trace.objects.bulk_create([_trace(one) for one in searched], batch_size=500)


def fail(month: Month) -> None:
    """Write a trace of each request that was counted as failed: what fails is always traced."""
    dice, rows = month.dice("failed requests"), []
    for one in traffic.counted(month):
        if one.metric == "request_errors":
            rows += [_failed(dice, month, one.hour, one.kind) for _ in one.values]
    Trace.objects.bulk_create(rows, batch_size=500)


def _failed(dice: random.Random, month: Month, hour: datetime, operation: str) -> Trace:
    at, took = rhythm.within(dice, hour), traffic.ms(dice, month, hour)
    actor = actors.Acting(f"key:{dice.choice(DESKS).name}")
    row = tracing.row(Kept(Trace.Why.FAILED, operation, actor, status=503), at, took, "", None)
    row.id = rhythm.key(dice, at)
    return row


def _trace(one: Asked) -> Trace:
    """Of what is there now only that counts which was there then."""
    query = _query(one)
    if one.failed:
        seen, found = tracing.Seen(query, False, error="EmbedderUnavailable"), None
    else:
        told = look(query)
        hits = tuple((hit.memory.pk, hit.score, hit.parts) for hit in told.hits if hit.memory.created_at <= one.at)
        slower = one.ms / max(told.took_ms, 0.01)
        stages = tuple(replace(stage, ms=round(stage.ms * slower, 3)) for stage in told.stages)
        seen, found = tracing.Seen(query, False, stages, told.candidate_count, told.truncated, (), hits), len(hits)
    kept = Kept(one.why, "search_memories", actors.Acting(f"key:{one.domain}"), recall=seen)
    row = tracing.row(kept, one.at, one.ms, one.domain, found)
    row.id = one.id
    return row


def _query(one: Asked) -> Query:
    """What is lost is looked for under a tag that nobody gave."""
    tags = ("crew",) if one.lost else ()
    return Query(one.text, Scope(namespace=one.domain, user_id=one.user), limit=ANSWERS, tags=tags)
