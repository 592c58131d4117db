"""The numbers of a health report: freshness, diversity, consistency, coverage, engagement, staleness, topics.

All by HippocampAI's formulas. Ages are whole days; importance is 0 to 1 here, and 0 to 10 there.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

KINDS = 6  # that make a memory diverse
ALIKE = 50  # memories whose nearness is looked at
LOW_CONFIDENCE = 0.3
AGE, IDLE, UNUSED, RECENT = 90, 30, 60, 30  # days
LEVELS = ((10, "comprehensive"), (5, "adequate"), (2, "sparse"), (1, "minimal"), (0, "missing"))
ADVICE = ((0.8, "delete"), (0.6, "archive"), (0.4, "review"), (0.0, "monitor"))
TOPICS = 20


@dataclass(frozen=True)
class Item:
    """What is looked at of a memory; `group` is whose it is, and only those of one group are compared."""

    key: str
    group: tuple[str, str]
    text: str
    kind: str
    labels: frozenset[str]  # its tags and its topic
    described: bool  # it has metadata
    importance: float
    confidence: float
    recalls: int
    created: datetime
    updated: datetime
    expires: datetime | None = None
    replaced: bool = False


def days(since: datetime, now: datetime) -> int:
    return max((now - since).days, 0)


def freshness(items: Sequence[Item], now: datetime) -> float:
    """0 to 100: the mean of min(100, 50 e^(-age/90) + 50 e^(-days since update/60) + min(2 recalls, 20))."""

    def one(item: Item) -> float:
        decayed = 50 * math.exp(-days(item.created, now) / 90) + 50 * math.exp(-days(item.updated, now) / 60)
        return min(100.0, decayed + min(2 * item.recalls, 20))

    return _mean([one(item) for item in items])


def diversity(items: Sequence[Item], vectors: np.ndarray) -> float:
    """0 to 100: 0.3 kinds/6 + 0.3 min(distinct labels/n, 1) + 0.4 (1 - mean cosine of each two of the first 50).

    Of one memory alone the last part counts half. Kinds beyond 6 count no more. Two without vectors have a cosine of 0.
    """
    kinds = min(len({item.kind for item in items}) / KINDS, 1.0)
    labels = min(len(frozenset().union(*(item.labels for item in items))) / len(items), 1.0)
    return 100 * (0.3 * kinds + 0.3 * labels + 0.4 * _unlikeness(vectors[:ALIKE]))


def _unlikeness(vectors: np.ndarray) -> float:
    if len(vectors) < 2:
        return 0.5
    cosines = (vectors @ vectors.T)[np.triu_indices(len(vectors), k=1)]
    return min(max(1.0 - float(cosines.mean()), 0.0), 1.0)


def consistency(items: Sequence[Item]) -> float:
    """0 to 100: the mean of 40 confidence + 30 importance + 0.3 completeness; this is 25 each for labels, metadata, a
    text of more than ten characters, and a kind.
    """

    def one(item: Item) -> float:
        complete = 25 * (bool(item.labels) + item.described + (len(item.text) > 10) + bool(item.kind))
        return 40 * item.confidence + 30 * item.importance + 0.3 * complete

    return _mean([one(item) for item in items])


def coverage(items: Sequence[Item]) -> float:
    """0 to 100: 0.3 kinds/6 + 0.3 min(days from first to last/30, 1) + 0.4 min(n/100, 1); one alone spans half."""
    kinds = min(len({item.kind for item in items}) / KINDS, 1.0)
    created = [item.created for item in items]
    span = min((max(created) - min(created)).days / 30, 1.0) if len(items) > 1 else 0.5
    return 100 * (0.3 * kinds + 0.3 * span + 0.4 * min(len(items) / 100, 1.0))


def engagement(items: Sequence[Item], now: datetime) -> float:
    """0 to 100: min(100, min(10 mean recalls, 100) + 30 share updated in the last 7 days)."""
    recalled = min(10 * _mean([item.recalls for item in items]), 100.0)
    return min(100.0, recalled + 30 * _mean([days(item.updated, now) < 7 for item in items]))


def is_stale(item: Item, now: datetime) -> bool:
    """Expired; or confidence under 0.3; or never recalled and over 60 days since its last change; or over 90 days old
    and over 30 since its last change.
    """
    idle = days(item.updated, now)
    return (
        (item.expires is not None and now > item.expires)
        or item.confidence < LOW_CONFIDENCE
        or (item.recalls == 0 and idle > UNUSED)
        or (days(item.created, now) > AGE and idle > IDLE)
    )


def staleness(item: Item, now: datetime) -> float:
    """0 to 1: 0.3 min(age/90, 1) + 0.3 min(days since update/60, 1) + 0.2 (1 - confidence) + 0.2/(1 + recalls)."""
    aged, idle = min(days(item.created, now) / AGE, 1.0), min(days(item.updated, now) / UNUSED, 1.0)
    return min(0.3 * aged + 0.3 * idle + 0.2 * (1 - item.confidence) + 0.2 / (1 + item.recalls), 1.0)


def stale(item: Item, now: datetime) -> dict[str, Any]:
    """Why and how much a stale memory is stale, and what to do with it: delete, archive, review or monitor."""
    score = staleness(item, now)
    return {
        "memory": item.key,
        "reason": _reason(item, now),
        "score": round(score, 4),
        "days_since_creation": days(item.created, now),
        "days_since_update": days(item.updated, now),
        "recommendation": next(advice for least, advice in ADVICE if score >= least),
    }


def _reason(item: Item, now: datetime) -> str:
    if item.expires is not None and now > item.expires:
        return "temporal_context"
    if item.replaced:
        return "replaced"
    if item.confidence < LOW_CONFIDENCE:
        return "low_confidence"
    return "no_activity" if item.recalls == 0 and days(item.created, now) > UNUSED else "outdated"


def topics(items: Sequence[Item], now: datetime) -> list[dict[str, Any]]:
    """How well each topic is covered, the first 20 by name: what labels and kinds there are are the topics.

    Of a topic are the memories that have the label or the kind, or say its name. Its quality, 0 to 100, is 40 mean
    confidence + 30 mean importance + 30 e^(-mean age/90).
    """
    named = sorted(frozenset().union(*(item.labels for item in items)) | {item.kind for item in items})[:TOPICS]
    texts = [item.text.lower() for item in items]
    return [_topic(topic, _about(topic, items, texts), now) for topic in named]


def _about(topic: str, items: Sequence[Item], texts: Sequence[str]) -> list[Item]:
    word = topic.lower()
    return [
        item
        for item, text in zip(items, texts, strict=True)
        if topic in item.labels or topic == item.kind or word in text
    ]


def _topic(topic: str, items: Sequence[Item], now: datetime) -> dict[str, Any]:
    ages = [days(item.created, now) for item in items]
    confidence, importance = _mean([item.confidence for item in items]), _mean([item.importance for item in items])
    gaps = ["none"] if not items else ["few"] if len(items) < 3 else []
    gaps += ["none_recent"] if items and min(ages) >= RECENT else []
    return {
        "topic": topic,
        "memories": len(items),
        "level": next(name for least, name in LEVELS if len(items) >= least),
        "quality": round(40 * confidence + 30 * importance + 30 * math.exp(-_mean(ages) / 90), 2) if items else 0.0,
        "gaps": gaps,
    }


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
