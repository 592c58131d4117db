"""Patterns of a learning history: events of one type that bring the same keys, and how well they went."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from analytics import history
from analytics.algorithms import patterns as looks
from analytics.history import Asked
from analytics.models import LearningEvent


@dataclass(frozen=True)
class Pattern:
    """Events of one type that bring the same keys. Shares are 0 to 1, `rating` is 1 to 5; None: nobody said.

    `judged` are the events that were called right or wrong, and `success` is the share of the right ones.
    """

    signature: str
    type: str
    input_keys: tuple[str, ...]
    context_keys: tuple[str, ...]
    frequency: int
    judged: int
    success: float | None
    confidence: float | None
    rating: float | None
    performance: float | None
    first_at: datetime
    last_at: datetime


def found(asked: Asked, least: int = 5, most: int = 200) -> list[Pattern]:
    """Patterns of at least so many events, the most frequent first. Two statements."""
    sums = f"signature, {history.SUMS}, min(occurred_at), max(occurred_at), count(correct)"
    rows = history.over(
        asked, sums, "GROUP BY signature HAVING count(*) >= %s ORDER BY count(*) DESC, 1 LIMIT %s", least, most
    )
    examples = _examples({row[0]: row[-2] for row in rows})
    return [_pattern(row, *examples[row[0]]) for row in rows if row[0] in examples]


def _pattern(row: Sequence[Any], type: str, input_keys: list[str], context_keys: list[str]) -> Pattern:
    signature, count, _, success, confidence, rating, first, last, judged = row
    told = looks.performance(success, confidence, rating)
    keys = tuple(sorted(input_keys)), tuple(sorted(context_keys))
    return Pattern(signature, type, *keys, count, judged, success, confidence, rating, told, first, last)


def _examples(last: dict[str, datetime]) -> dict[str, tuple[str, list[str], list[str]]]:
    """By signature: the type, and the keys that its latest event brings."""
    rows = LearningEvent.objects.filter(signature__in=list(last), occurred_at__in=list(last.values()))
    rows = (
        rows.order_by("signature")
        .distinct("signature")
        .extra(
            select={
                "input_keys": "ARRAY(SELECT jsonb_object_keys(input))",
                "context_keys": "ARRAY(SELECT jsonb_object_keys(context))",
            }
        )
    )
    names = ("signature", "type", "input_keys", "context_keys")
    return {signature: told for signature, *told in rows.values_list(*names)}
